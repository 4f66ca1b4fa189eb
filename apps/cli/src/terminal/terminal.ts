import type { Writable } from "node:stream";
import { styleText } from "node:util";

/** A stream of the command: the process's own, or one that a test reads. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

type Style = Parameters<typeof styleText>[0];

/**
 * The two streams of the command. Data that was asked for goes to stdout, everything else to stderr.
 * Writes to terminals, files and pipes are synchronous on POSIX, so nothing is lost when the process exits.
 */
export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Writes data to stdout; a line break is not added. */
  print(text: string): void;
  /** Writes a line for the person to stderr. */
  note(line: string): void;
  /** Writes `warning: …` to stderr. */
  warn(text: string): void;
  /** Colours text that goes to stderr, or to `stream`, where it shows colours; heeds `NO_COLOR` and `FORCE_COLOR`. */
  style(style: Style, text: string, stream?: OutputStream): string;
}

/** The terminal over the process's own streams, or over others in tests. */
export function createTerminal(stdout: OutputStream, stderr: OutputStream): Terminal {
  const style = (format: Style, text: string, stream = stderr): string => styleText(format, text, { stream });
  return {
    stdout,
    stderr,
    print: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line}\n`),
    warn: (text) => void stderr.write(`${style("yellow", "warning:")} ${text}\n`),
    style,
  };
}
