import type { ClientSessionOptions, Http2Session, ServerSessionOptions } from "node:http2";

import type { GatewayLimits } from "./options.ts";

const MIB = 1024 * 1024;

/**
 * What a client may have under way in one stream before the engine takes it. Bounds the memory that a stalled
 * engine costs, and the speed over links with latency: 4 MiB are 130 MiB/s at 30 ms.
 */
const CLIENT_STREAM_WINDOW_BYTES = 4 * MIB;
/** Node gives back a connection's window at once, so this bounds nothing; it must only not be in the way. */
const CONNECTION_WINDOW_BYTES = 32 * MIB;
/** The engine is near: a small window keeps it busy, and bounds what a client that does not read costs. */
const ENGINE_STREAM_WINDOW_BYTES = MIB;
/** Frames of this size at most: fewer events for the same bytes. */
const MAX_FRAME_BYTES = MIB;
/** Node's own count of what a session holds; its default of 10 would be below two streams' windows. */
const MAX_SESSION_MEMORY_MB = 1_000;
/** Node's default of 128 resets calls with more header fields, such as long lists of patterns. */
const MAX_HEADER_PAIRS = 65_536;
/** A single field of 64 KiB makes Node's HTTP/2 drop the connection; told this, the engine resets just the call. */
const MAX_ENGINE_HEADER_BYTES = 65_535;

/** For the sessions that clients open. */
export function clientSideOptions(limits: GatewayLimits): ServerSessionOptions {
  return {
    settings: {
      initialWindowSize: CLIENT_STREAM_WINDOW_BYTES,
      maxFrameSize: MAX_FRAME_BYTES,
      maxConcurrentStreams: limits.maxCallsPerConnection,
      maxHeaderListSize: limits.maxHeaderBytes,
    },
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxSendHeaderBlockLength: limits.maxHeaderBytes,
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
  };
}

/** For the sessions that the gateway opens to engines. */
export function engineSideOptions(limits: GatewayLimits): ClientSessionOptions {
  return {
    settings: {
      enablePush: false,
      initialWindowSize: ENGINE_STREAM_WINDOW_BYTES,
      maxFrameSize: MAX_FRAME_BYTES,
      maxHeaderListSize: MAX_ENGINE_HEADER_BYTES,
    },
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxSendHeaderBlockLength: limits.maxHeaderBytes,
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
  };
}

/** Opens a session's connection-level window, which HTTP/2 has no setting for. Does nothing to one that is gone already. */
export function widenConnectionWindow(session: Pick<Http2Session, "destroyed" | "setLocalWindowSize">): void {
  if (!session.destroyed) session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
}
