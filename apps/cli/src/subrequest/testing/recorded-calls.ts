import { readFileSync, writeFileSync } from "node:fs";
import type { SubrequestResult } from "@opendepot/buildkit";

const FILE = new URL("../testdata/recorded-calls.json", import.meta.url);

/** A Dockerfile, a call to its frontend, and what `docker buildx build --call` made of the answer. */
export interface RecordedCall {
  readonly name: string;
  /** The value of `--call`. */
  readonly call: string;
  readonly dockerfile: string;
  readonly result: SubrequestResult;
  readonly buildx: { readonly stdout: string; readonly exitCode: number; readonly error?: string };
}

/** What was recorded with `docker buildx`; renewed by running the engine test with UPDATE_TESTDATA=1. */
export function readRecordedCalls(): readonly RecordedCall[] {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

/** Replaces what was recorded. */
export function writeRecordedCalls(calls: readonly RecordedCall[]): void {
  writeFileSync(FILE, `${JSON.stringify(calls, undefined, 2)}\n`);
}
