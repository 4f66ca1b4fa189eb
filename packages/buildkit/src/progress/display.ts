import { type Clock, systemClock } from "@opendepot/base";
import type { StatusResponse, VertexWarning } from "../gen/moby/buildkit/v1/control.ts";
import { Output, type ProgressStream } from "./output.ts";
import { needsTerminal } from "./problems.ts";
import type { Renderer, RendererContext } from "./renderer.ts";
import type { ThemeOptions } from "./theme.ts";
import { WarningList } from "./warning.ts";

/** How a build's progress is shown: the values of `--progress` that `docker buildx build` knows. */
export type ProgressMode = "auto" | "tty" | "plain" | "quiet" | "rawjson";

/** What {@link openProgress} needs to know. Nothing is read from the environment. */
export interface ProgressOptions extends ThemeOptions {
  /** `auto`: `tty` on a terminal, `plain` elsewhere. A caller that knows it is in a CI passes `plain`. */
  readonly mode: ProgressMode;
  /** Where to, usually `process.stderr`. It belongs to the caller and is not ended. */
  readonly stream: ProgressStream;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** The environment's TERM. `dumb` cannot move its cursor and is no terminal for `auto`. */
  readonly term?: string | undefined;
  /** What the tty display says it is doing. Default: `Building`. */
  readonly phase?: string | undefined;
  /** Said once at the beginning, for instance which builder is used. Default: nothing. */
  readonly description?: string | undefined;
  /** Log lines below a running step in the tty display (BUILDKIT_TTY_LOG_LINES), 1 to 100. Default: 6. */
  readonly logLines?: number | undefined;
  /** Plain text cuts step names to this many characters. Default: never. */
  readonly maxNameChars?: number | undefined;
  /** Size of the terminal where the stream does not know it. Default: 80 by 24. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Tell all about warnings at the end, with excerpts of the Dockerfile. Default: one line for each. */
  readonly expandWarnings?: boolean | undefined;
}

/** Shows a build while it runs. Whoever opened it finishes it; disposing of it does the same. */
export interface ProgressDisplay extends AsyncDisposable {
  /** The mode that `auto` was resolved to. */
  readonly mode: Exclude<ProgressMode, "auto">;
  /** The build's warnings so far, each once, though several vertices may have given it. */
  readonly warnings: readonly VertexWarning[];
  /**
   * Shows one update. Updates of several solves and of the client's own steps may be mixed, in any order.
   * Never throws and never waits: what the stream cannot take is buffered or, in tty mode, left out.
   */
  update(status: StatusResponse): void;
  /**
   * Shows the final state, the logs of failed steps and a summary of the warnings, and lets go of the stream once it
   * has taken everything, at most 5 s later. Later calls wait for the first; later updates are dropped.
   *
   * @param error why the build failed, if it did: it is not printed, but the display does not say FINISHED
   */
  finish(error?: unknown): Promise<void>;
}

/**
 * Opens the display of a build's progress. Only the code of the chosen mode is loaded.
 *
 * @throws Problem `progress_needs_terminal` when `tty` is asked for and the stream is no terminal
 */
export async function openProgress(options: ProgressOptions): Promise<ProgressDisplay> {
  const { stream, clock = systemClock } = options;
  const isTerminal = stream.isTTY === true;
  const mode = resolveMode(options.mode, isTerminal && options.term !== "dumb");
  const { createRenderer } = await renderers[mode]();
  const output = new Output(stream, clock);
  const renderer = createRenderer({ ...options, output, clock, isTerminal });
  return new Display(mode, { options, output, renderer });
}

const renderers = {
  tty: () => import("./render-tty.ts"),
  plain: () => import("./render-plain.ts"),
  quiet: () => import("./render-quiet.ts"),
  rawjson: () => import("./render-rawjson.ts"),
} satisfies Record<ProgressDisplay["mode"], () => Promise<{ createRenderer(context: RendererContext): Renderer }>>;

function resolveMode(mode: ProgressMode, isTerminal: boolean): ProgressDisplay["mode"] {
  if (mode === "auto") return isTerminal ? "tty" : "plain";
  if (mode === "tty" && !isTerminal) throw needsTerminal();
  return mode;
}

interface DisplayParts {
  readonly options: ProgressOptions;
  readonly output: Output;
  readonly renderer: Renderer;
}

class Display implements ProgressDisplay {
  readonly mode: ProgressDisplay["mode"];
  readonly #parts: DisplayParts;
  readonly #warnings = new WarningList();
  #finished: Promise<void> | undefined;

  constructor(mode: ProgressDisplay["mode"], parts: DisplayParts) {
    this.mode = mode;
    this.#parts = parts;
  }

  get warnings(): readonly VertexWarning[] {
    return this.#warnings.toArray();
  }

  update(status: StatusResponse): void {
    if (this.#finished) return;
    this.#warnings.add(status.warnings);
    this.#parts.renderer.update(status);
  }

  finish(error?: unknown): Promise<void> {
    this.#finished ??= this.#finish(error !== undefined);
    return this.#finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
  }

  async #finish(isFailed: boolean): Promise<void> {
    const { renderer, output, options } = this.#parts;
    try {
      renderer.finish(isFailed);
      if (this.mode === "quiet" || this.mode === "rawjson" || this.warnings.length === 0) return;
      const { warningSummary } = await import("./warning-summary.ts");
      const noColor = options.noColor === true || options.stream.isTTY !== true;
      output.write(warningSummary(this.warnings, { ...options, noColor, isExpanded: options.expandWarnings }));
    } finally {
      await output.close();
    }
  }
}
