import type { Settings } from "node:http2";

/**
 * What both our HTTP/2 sides, the client and the server inside a session, allow their peer.
 *
 * Windows: 8 MiB per stream and 32 MiB per connection keep a fast link busy; a reader that stops holds at most that much.
 */
export const STREAM_WINDOW_BYTES: number = 8 * 1024 * 1024;
/** See {@link STREAM_WINDOW_BYTES}. */
export const CONNECTION_WINDOW_BYTES: number = 32 * 1024 * 1024;

/**
 * Header fields a peer may send in one block. Node's default of 128 resets calls with a long `.dockerignore`, whose
 * lines arrive as repeated headers.
 */
export const MAX_HEADER_PAIRS = 65_536;

/** Megabytes that Node lets one HTTP/2 session hold; its default of 10 is below one of our windows. */
export const MAX_SESSION_MEMORY_MB = 1_000;

/** Bytes of a header block that we may send: Node's default refuses more than 64 KiB of repeated headers. */
export const MAX_SEND_HEADER_BYTES: number = 1024 * 1024;

/** SETTINGS that we send, with the largest header list taken. */
export function localSettings(maxHeaderListBytes: number): Settings {
  return {
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxFrameSize: 1024 * 1024,
    maxHeaderListSize: maxHeaderListBytes,
  };
}
