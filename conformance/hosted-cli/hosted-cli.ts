import { join } from "node:path";
import { type ProgramOutcome, runProgram, type TestServer } from "@opendepot/testing";
import { root } from "../support.ts";

const program = join(root, "node_modules/@depot/cli-linux-x64/bin/depot");

/** How the program is run. */
export interface HostedRun {
  /** Its home and working folder. */
  readonly home: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Runs the released program as its user would, pointed at our server and at nothing else of anybody's. */
export function runHostedCli(
  server: Pick<TestServer, "url" | "token">,
  { home, args, env }: HostedRun,
): Promise<ProgramOutcome> {
  return runProgram([program, ...args], {
    cwd: home,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      DEPOT_API_URL: server.url,
      DEPOT_TOKEN: server.token,
      DEPOT_NO_UPDATE_NOTIFIER: "1",
      DEPOT_DISABLE_OTEL: "1",
      DEPOT_ERROR_TELEMETRY: "0",
      ...env,
    },
  });
}
