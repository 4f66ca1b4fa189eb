import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads a file of test data. */
export function readCases<T>(file: string): T[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../testdata", file), "utf8")) as T[];
}
