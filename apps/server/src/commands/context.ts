import type { Command } from "@opendepot/command";
import type { Surroundings } from "../config.ts";

/** What every command is handed: the process's surroundings, read once in `main.ts`. */
export interface ServerContext {
  readonly around: Surroundings;
  /** The value of PATH. */
  readonly path: string;
  /** The program that runs this code, and the file that it was started with: to start another one. */
  readonly program: { readonly node: string; readonly main: string };
  /** Writes text for people, or for programs that read our output. */
  readonly out: (text: string) => void;
  /** Whether a person reads `out`. */
  readonly isTerminal: boolean;
  /** What is piped into the command. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Writes what is not the command's result. */
  readonly err: (text: string) => void;
  /** Aborts at the first signal to stop, and at the second one. */
  readonly stopping: AbortSignal;
  readonly forced: AbortSignal;
}

/** A command of `depot-server`. */
export type ServerCommand = Command<ServerContext>;
