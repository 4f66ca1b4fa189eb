import type { Clock } from "@opendepot/base";
import type { StatusResponse } from "../gen/moby/buildkit/v1/control.ts";
import type { Output } from "./output.ts";
import type { ThemeOptions } from "./theme.ts";

/** One way to show a build's progress. */
export interface Renderer {
  update(status: StatusResponse): void;
  /** Shows what is left to show. Called once; nothing follows. `isFailed`: the build did not end well. */
  finish(isFailed: boolean): void;
}

/** What a renderer works with. */
export interface RendererContext extends ThemeOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  /** What the first line of the tty display says. Default: `Building`. */
  readonly phase?: string | undefined;
  /** Shown at the right end of the tty display's first line, and as step `#0` in plain text. */
  readonly description?: string | undefined;
  /** Log lines shown below a running step (BUILDKIT_TTY_LOG_LINES). Default: 6. */
  readonly logLines?: number | undefined;
  /** Plain text cuts step names to this length. Default: never. */
  readonly maxNameChars?: number | undefined;
  /** Size to assume where the stream does not know. Default: 80 by 24. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}
