import type { HostNames } from "@opendepot/oci";
import type { Terminal } from "./terminal/terminal.ts";

/** Environment variables as they were when the command started. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What every command gets from `main`: the only place that looks at the process. */
export interface CliContext {
  readonly terminal: Terminal;
  /** What is piped into the command; opened by the first call. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly environment: Environment;
  /** The working folder, absolute. */
  readonly cwd: string;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly host: HostNames & {
    /** For keys that must differ between machines. */
    readonly name: string;
  };
  /** The words behind the program's name, as they were written. */
  readonly commandLine?: readonly string[] | undefined;
  /** Aborts on Ctrl-C, SIGTERM, SIGHUP and when the reader of stdout has gone. */
  readonly signal: AbortSignal;
}

/** Reads an environment variable; an empty one counts as unset. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === "" ? undefined : value;
}

/** Whether an environment variable is set to something that means yes: Go's strconv.ParseBool. */
export function isSwitchedOn(environment: Environment, name: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(environment[name] ?? "");
}

/** Whether this runs in continuous integration, where nobody answers a prompt. */
export function isContinuousIntegration(environment: Environment): boolean {
  const ci = variable(environment, "CI");
  return (ci !== undefined && ci !== "false" && ci !== "0") || variable(environment, "BUILD_NUMBER") !== undefined;
}
