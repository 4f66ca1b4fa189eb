/** Frame types: RFC 9113 section 6. */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Frame flags: RFC 9113 section 6. */
export const Flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

/** Settings: RFC 9113 section 6.5.2. */
export const Setting = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Error codes: RFC 9113 section 7. */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

/** Bytes in front of each frame's payload. */
export const FRAME_HEADER_BYTES = 9;

/** What both sides' windows and frames start with: RFC 9113 section 6.5.2. */
export const DEFAULT_WINDOW_BYTES = 65_535;
/** See {@link DEFAULT_WINDOW_BYTES}. */
export const DEFAULT_FRAME_BYTES = 16_384;

export const MAX_WINDOW_BYTES = 0x7fffffff;

/** What a client says first: RFC 9113 section 3.4. */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
