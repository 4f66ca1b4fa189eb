import type { IncomingMessage } from "node:http";
import { isProblem, messageOf, onAbort } from "@opendepot/base";
import type { DockerHttp } from "./http.ts";
import { readJsonLines } from "./json-lines.ts";
import { dockerAnswerInvalid, dockerRefused, dockerUnavailable } from "./problems.ts";

/** What Docker says while it pulls or loads: Docker Engine API, `jsonmessage`. */
export interface DockerProgress {
  /** A layer, shortened as Docker shows it; undefined for lines about the whole. */
  readonly id: string | undefined;
  /** For people: `Downloading`, `Pull complete`, `Loaded image: app:1`. */
  readonly status: string;
  /** Bytes done. */
  readonly current: number | undefined;
  /** Bytes to do. */
  readonly total: number | undefined;
}

/** How a stream of progress is read. */
export interface ProgressReading {
  /** For people, after "cannot": `pull app:1`. */
  readonly action: string;
  readonly onProgress?: ((progress: DockerProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Docker says nothing while it unpacks a layer on some platforms; after this it has died. */
const IDLE_MS = 10 * 60_000;

/**
 * Reads progress to its end. Docker answers 200 and tells failures in the stream.
 *
 * @throws {Problem} `docker_refused` with Docker's words; `docker_unavailable` when the connection breaks
 */
export async function readProgress(http: DockerHttp, answer: IncomingMessage, reading: ProgressReading): Promise<void> {
  const { action, onProgress, signal } = reading;
  const silence = (): void => void answer.destroy(new Error(`no word for ${IDLE_MS / 60_000} minutes`));
  let timer = setTimeout(silence, IDLE_MS);
  using _ = onAbort(signal, () => answer.destroy());
  try {
    for await (const line of readJsonLines(answer)) {
      clearTimeout(timer);
      timer = setTimeout(silence, IDLE_MS);
      const { error } = Object(line) as Record<string, unknown>;
      if (typeof error === "string" && error !== "") throw dockerRefused(action, error.trim());
      onProgress?.(toProgress(line));
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SyntaxError) throw dockerAnswerInvalid(http.name, messageOf(error), error);
    const problem = http.problemOf(error);
    throw isProblem(problem) ? problem : dockerUnavailable(http.name, error);
  } finally {
    clearTimeout(timer);
    answer.destroy();
  }
  signal?.throwIfAborted();
}

function toProgress(line: unknown): DockerProgress {
  const { id, status, stream, progressDetail } = Object(line) as Record<string, unknown>;
  const { current, total } = Object(progressDetail) as Record<string, unknown>;
  return {
    id: typeof id === "string" ? id : undefined,
    status: String(status ?? stream ?? "").trim(),
    current: typeof current === "number" ? current : undefined,
    total: typeof total === "number" && total > 0 ? total : undefined,
  };
}
