import { Problem } from "@opendepot/base";

/** What can go wrong when a progress display is opened. */
export type ProgressProblemCode = "progress_needs_terminal";

/** The tty display was asked for, but the stream is no terminal, or one that cannot move its cursor. */
export function needsTerminal(): Problem<ProgressProblemCode> {
  return new Problem("progress_needs_terminal", "the tty progress display needs a terminal to draw on", {
    hint: "use --progress=plain, or --progress=auto to choose by itself",
  });
}
