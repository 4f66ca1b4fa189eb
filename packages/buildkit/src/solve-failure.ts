import type { BuildkitClient } from "./client.ts";
import { SolveError } from "./errors.ts";
import { Status } from "./gen/google/rpc/status.ts";
import { Control, type Descriptor } from "./gen/moby/buildkit/v1/control.ts";
import { CallResetError, ConnectionLostError, GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import { decode } from "./wire/codec.ts";

/** How long the engine's history may take to tell. */
const HISTORY_LIMIT_MS = 1_000;

/** The largest error read from the history. */
const MAX_ERROR_BYTES = 16 * 1024 * 1024;

/** What is known of a solve that ended with `error`. */
export interface FailedSolve {
  readonly client: BuildkitClient;
  readonly ref: string;
  /** Text of the vertex that failed, from the status stream. */
  readonly vertexError: string | undefined;
}

/**
 * Gives the error of a solve its type.
 *
 * Details with the text of a long Dockerfile do not fit into HTTP/2 trailers: `buildkitd` then resets the call, and
 * Docker Engine breaks the connection. In both cases the engine's history is asked for the error, and failing that the
 * vertex's own text is taken.
 */
export async function explainFailure(error: unknown, solve: FailedSolve): Promise<unknown> {
  if (!(error instanceof GrpcError)) return error;
  if (!isCutOff(error)) return solve.client.channel.closed.aborted ? error : new SolveError(error);
  // The history may be closed to this client, or the engine gone; that must not replace the error at hand.
  const status = await errorOfHistory(solve).catch(() => undefined);
  if (status && status.code !== GrpcCode.cancelled) {
    const details = status.details.map(({ typeUrl, value }) => ({ typeUrl, value }));
    return new SolveError(new GrpcError(status.code, status.message, { details, cause: error }));
  }
  return solve.vertexError ? new SolveError(error, solve.vertexError) : error;
}

/** Whether the engine may have had more to say. */
export function isCutOff(error: GrpcError): boolean {
  if (error instanceof CallResetError) return error.code === GrpcCode.internal;
  return error instanceof ConnectionLostError;
}

async function errorOfHistory({ client, ref }: FailedSolve): Promise<Status | undefined> {
  const signal = AbortSignal.timeout(HISTORY_LIMIT_MS);
  await using other = client.channel.closed.aborted ? await client.reopen?.({ signal }) : undefined;
  const asked = other ?? client;
  const events = asked.channel.serverStream(Control.listenBuildHistory, { ref, earlyExit: true }, { signal });
  for await (const { record } of events) {
    if (record?.externalError) return await readStatus(asked, record.externalError, signal);
    if (record?.error) return record.error;
  }
  return undefined;
}

async function readStatus(client: BuildkitClient, blob: Descriptor, signal: AbortSignal): Promise<Status> {
  if (blob.size > MAX_ERROR_BYTES) throw new RangeError(`an error of ${blob.size} bytes`);
  const pieces = await Array.fromAsync(client.readContent(blob.digest, { length: Number(blob.size), signal }));
  return decode(Status, Buffer.concat(pieces));
}
