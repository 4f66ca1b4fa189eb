import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";

import { GrpcCode, Metadata } from "@opendepot/buildkit";

import type { CallStatus } from "./call-status.ts";
import { passBytes } from "./pass-bytes.ts";
import type { Responder } from "./responder.ts";
import type { SessionWatch } from "./session/watch-session.ts";

/** One call that was let through, on its way to the engine. */
export interface ForwardedCall {
  readonly responder: Responder;
  readonly engine: ClientHttp2Stream;
  /** The whole request when it was read before; otherwise the client's bytes are passed on as they come. */
  readonly request?: Buffer | undefined;
  /** Sees all bytes of the call before they are passed on, and may stop them. */
  readonly watch?: SessionWatch | undefined;
  /** Tells the status for the client when the engine's side broke off; undefined when it only reset this one call. */
  readonly brokenStatus: () => Promise<CallStatus | undefined>;
}

/**
 * Joins a client's call with the engine's: bytes, half-closes, resets and trailers pass both ways, and whoever reads
 * slowly slows the sender. Resolves when the call has ended on both sides.
 */
export async function forward(call: ForwardedCall): Promise<void> {
  const { engine, responder } = call;
  const { stream: client } = responder;
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDone = false;
  const onClose = (): void => {
    if (isDone || !engine.destroyed || !(client.closed || client.destroyed)) return;
    isDone = true;
    resolve();
  };
  // Streams report their end by "close"; without these listeners an error would end the process.
  engine.on("error", () => undefined);
  client.on("error", () => undefined);

  passResponse(call);
  engine.once("close", () => void endBroken(call).then(onClose));
  client.once("close", () => {
    if (!engine.closed) engine.close(client.rstCode || constants.NGHTTP2_CANCEL);
    onClose();
  });
  if (call.request) engine.end(call.request);
  else {
    passBytes(client, engine, stopping(engine, call.watch?.fromClient));
    client.once("end", () => {
      if (!client.aborted) engine.end(); // else it was a reset, which is told by "close"
    });
  }
  if (client.destroyed) engine.close(client.rstCode || constants.NGHTTP2_CANCEL);
  await promise;
}

function passResponse({ engine, responder, watch }: ForwardedCall): void {
  let trailers: OutgoingHttpHeaders | undefined;
  engine.once("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
    trailers = Metadata.fromRawHeaders(raw).toHeaders();
  });
  engine.once("response", (headers, flags, raw) => {
    const response = { ...Metadata.fromRawHeaders(raw).toHeaders(), ":status": headers[":status"] ?? 200 };
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) {
      responder.answer(response);
      engine.resume();
      return;
    }
    responder.begin(response);
    if (responder.isFinished) return;
    passBytes(engine, responder.stream, stopping(engine, watch?.fromEngine));
    // Without trailers the engine's connection has broken, or its stream: that is told when it closes.
    engine.once("end", () => {
      if (trailers) responder.finish(trailers);
    });
  });
}

/** The engine hears at once of a call that is stopped; the client was told by whoever stops it. */
function stopping(engine: ClientHttp2Stream, watch?: (chunk: Buffer) => boolean): typeof watch {
  if (!watch) return undefined;
  return (chunk) => {
    const mayPass = watch(chunk);
    if (!mayPass && !engine.closed) engine.close(constants.NGHTTP2_CANCEL);
    return mayPass;
  };
}

/** The engine's stream is gone: if the client has no status yet, it gets one, or the same reset. */
async function endBroken({ engine, responder, brokenStatus }: ForwardedCall): Promise<void> {
  if (responder.isFinished) return;
  const status = (await brokenStatus()) ?? (engine.rstCode ? undefined : MISSING_STATUS);
  if (!status) {
    responder.reset(engine.rstCode ?? constants.NGHTTP2_CANCEL);
    return;
  }
  engine.removeAllListeners("data");
  responder.fail(status);
}

const MISSING_STATUS: CallStatus = { code: GrpcCode.internal, message: "the engine ended the call without a status" };
