import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  Flag,
  FrameType,
  MAX_WINDOW_BYTES,
  PREFACE,
  Setting,
} from "./constants.ts";
import { type Frame, FrameReader, type FrameSink } from "./frame-reader.ts";
import {
  frameHeader,
  goAwayFrame,
  headerFrames,
  pingAckFrame,
  resetFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from "./frames.ts";
import { HeaderBlock } from "./header-block.ts";
import { type DecodedHeaders, HeaderDecoder } from "./header-decoder.ts";
import { HeaderEncoder, type HeaderFields } from "./header-encoder.ts";
import { Http2Error } from "./http2-error.ts";
import { isWellFormed } from "./message-rules.ts";
import { type DataFrame, Http2Stream, type StreamPort } from "./stream.ts";
import type { Transport } from "./transport.ts";

/**
 * What the peer may send before we have used it up. 8 MiB per stream and 64 MiB per connection keep a fast link busy; a
 * reader that stops holds at most that much.
 */
const STREAM_WINDOW_BYTES = 8 * 1024 * 1024;
/** See {@link STREAM_WINDOW_BYTES}. */
const CONNECTION_WINDOW_BYTES = 64 * 1024 * 1024;

/** The largest frame that we take. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Bytes handed to the transport that have not left yet; with that many, the rest waits in its streams. */
const MAX_IN_FLIGHT_BYTES = 512 * 1024;

/** Frames that answer the peer and that it does not take: more than this is an attack. */
const MAX_CONTROL_BYTES = 1024 * 1024;

/** Bytes that go to the transport at once: the next ones follow while these leave. */
const FLUSH_BYTES = 256 * 1024;

/** One stream's share of that before the next one's turn. */
const TURN_BYTES = 64 * 1024;

/** How a connection behaves, and whom it tells. */
export interface ConnectionOptions {
  readonly side: "client" | "server";
  /** What the fields of one header block may count together: RFC 9113 section 6.5.2. */
  readonly maxHeaderListBytes: number;
  /** Streams that the peer may have open at once; for servers. */
  readonly maxStreams?: number;
  /** The peer opened a stream, with these headers. Sets the stream's listener. For servers. */
  readonly onStream?: (stream: Http2Stream, fields: HeaderFields) => void;
  /** The peer has shown that it speaks HTTP/2. */
  readonly onSettings?: () => void;
  /** The peer takes no more streams. */
  readonly onGoAway?: () => void;
  /** The connection is over; without an error when either side closed it in order. Its streams hear of it afterwards. */
  readonly onClose: (error: Error | undefined) => void;
}

/** One side of an HTTP/2 connection, as much of it as gRPC needs: RFC 9113. Push and priorities are left out. */
export class Http2Connection implements FrameSink, StreamPort {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #reader: FrameReader;
  readonly #encoder: HeaderEncoder = new HeaderEncoder();
  readonly #decoder: HeaderDecoder;
  readonly #block: HeaderBlock;
  readonly #streams: Map<number, Http2Stream> = new Map();
  readonly #ready: Set<Http2Stream> = new Set();
  #control: Uint8Array[] = [];
  #controlBytes = 0;
  /** Whom to tell when the pieces that are next to go have left. */
  #onLeft: Array<() => void> = [];
  #inFlight = 0;
  #isFlushPlanned = false;
  #prefaceLeft: number;
  #hasSettings = false;
  #isClosed = false;
  /** The highest stream that was opened, by whichever side opens streams. */
  #lastStreamId = 0;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #uncredited = 0;
  #peerWindow = DEFAULT_WINDOW_BYTES;
  #peerFrameBytes = DEFAULT_FRAME_BYTES;

  /** Says hello at once. The connection owns the transport from here on. */
  constructor(transport: Transport, options: ConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#reader = new FrameReader(this, MAX_FRAME_BYTES);
    this.#decoder = new HeaderDecoder(options.maxHeaderListBytes);
    this.#block = new HeaderBlock(2 * options.maxHeaderListBytes); // what is a little too large resets just its stream
    this.#prefaceLeft = options.side === "server" ? PREFACE.length : 0;
    const isClient = options.side === "client";
    if (isClient) this.#send(PREFACE);
    this.#send(
      settingsFrame([
        isClient ? [Setting.enablePush, 0] : [Setting.maxConcurrentStreams, options.maxStreams ?? 0],
        [Setting.initialWindowSize, STREAM_WINDOW_BYTES],
        [Setting.maxFrameSize, MAX_FRAME_BYTES],
        [Setting.maxHeaderListSize, options.maxHeaderListBytes],
      ]),
    );
    this.#send(windowUpdateFrame(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Opens a stream; for clients. */
  open(): Http2Stream {
    this.#lastStreamId = this.#lastStreamId === 0 ? 1 : this.#lastStreamId + 2;
    return this.#addStream(this.#lastStreamId);
  }

  /** Takes bytes from the transport. */
  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#reader.push(this.#prefaceLeft > 0 ? this.#takePreface(chunk) : chunk);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.#fail(error);
    }
  }

  /** The transport has ended, or failed. */
  lost(error?: Error): void {
    this.#close(error);
  }

  /** Says goodbye and closes behind everything that was given to the transport; streams still open are gone. */
  close(): void {
    this.#leave(ErrorCode.noError);
    this.#transport.end();
    this.#close(undefined);
  }

  onFrame(frame: Frame, payload: Uint8Array): void {
    if (this.#isClosed) return;
    if (!this.#hasSettings && frame.type !== FrameType.settings) throw violation("the first frame is not SETTINGS");
    if (this.#block.isOpen && frame.type !== FrameType.continuation) throw violation("a header block is interrupted");
    this.#dispatch(frame, payload);
  }

  onData(frame: Frame, piece: Uint8Array, isLast: boolean): void {
    if (this.#isClosed) return;
    if (!this.#hasSettings) throw violation("the first frame is not SETTINGS");
    if (this.#block.isOpen) throw violation("a header block is interrupted");
    this.#receiveData(frame, { counted: piece.length, bytes: piece });
    if (isLast) this.#endOfFrame(frame);
  }

  sendHeaders(stream: Http2Stream, fields: HeaderFields, isLast: boolean): void {
    const block = this.#encoder.encode(fields);
    const options = { streamId: stream.id, isLast, maxFrameBytes: this.#peerFrameBytes };
    for (const piece of headerFrames(block, options)) this.#send(piece);
  }

  sendReset(stream: Http2Stream, code: number): void {
    this.#send(resetFrame(stream.id, code));
  }

  wantsToSend(stream: Http2Stream): void {
    this.#ready.add(stream);
    this.#planFlush();
  }

  consumed(stream: Http2Stream, bytes: number): void {
    const held = Math.min(bytes, stream.held); // a stream that is over has given its bytes back already
    stream.held -= held;
    this.#credit(held);
    if (stream.isClosed || stream.isRemoteEnded) return;
    stream.uncredited += held;
    if (stream.uncredited < STREAM_WINDOW_BYTES / 4) return;
    stream.receiveWindow += stream.uncredited;
    this.#send(windowUpdateFrame(stream.id, stream.uncredited));
    stream.uncredited = 0;
  }

  forget(stream: Http2Stream): void {
    this.#credit(stream.held);
    stream.held = 0;
    this.#streams.delete(stream.id);
    this.#ready.delete(stream);
  }

  #dispatch(frame: Frame, payload: Uint8Array): void {
    switch (frame.type) {
      case FrameType.data:
        this.#onPaddedData(frame, payload);
        break;
      case FrameType.headers:
        this.#onBlock(frame, this.#block.begin(frame, payload));
        break;
      case FrameType.continuation:
        this.#onBlock(frame, this.#block.proceed(frame, payload));
        break;
      case FrameType.rstStream:
        this.#streamOf(frame)?.abort(readNumber(payload, 4));
        break;
      case FrameType.settings:
        this.#onSettings(frame, payload);
        break;
      case FrameType.ping:
        this.#onPing(frame, payload);
        break;
      case FrameType.goAway:
        this.#onGoAway(payload);
        break;
      case FrameType.windowUpdate:
        this.#onWindowUpdate(frame, readNumber(payload, 4) & MAX_WINDOW_BYTES);
        break;
      case FrameType.pushPromise:
        throw violation("pushed streams were refused");
      default: // PRIORITY means nothing any more, and unknown types are to be ignored
    }
  }

  #addStream(id: number): Http2Stream {
    const stream = new Http2Stream(id, this, { send: this.#peerWindow, receive: STREAM_WINDOW_BYTES });
    this.#streams.set(id, stream);
    return stream;
  }

  /** Gives what follows the client's preface. */
  #takePreface(chunk: Uint8Array): Uint8Array {
    const length = Math.min(this.#prefaceLeft, chunk.length);
    const at = PREFACE.length - this.#prefaceLeft;
    if (PREFACE.compare(chunk, 0, length, at, at + length) !== 0) throw violation("this is no HTTP/2 client");
    this.#prefaceLeft -= length;
    return chunk.subarray(length);
  }

  /** The stream of a frame; undefined when it is over. */
  #streamOf({ streamId }: Frame): Http2Stream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream) return stream;
    if (streamId === 0 || streamId % 2 === 0 || streamId > this.#lastStreamId) {
      throw violation(`stream ${streamId} was not opened`);
    }
    return undefined;
  }

  #onPaddedData(frame: Frame, payload: Uint8Array): void {
    const padding = frame.flags & Flag.padded ? (payload[0] ?? 0) + 1 : 0;
    if (padding > payload.length) throw violation("there is more padding than frame");
    const bytes = padding === 0 ? payload : payload.subarray(1, payload.length - padding + 1);
    this.#receiveData(frame, { counted: payload.length, bytes });
    this.#endOfFrame(frame);
  }

  #receiveData(frame: Frame, { counted, bytes }: { counted: number; bytes: Uint8Array }): void {
    this.#receiveWindow -= counted;
    if (this.#receiveWindow < 0) throw overflow("the connection's window");
    const stream = this.#streamOf(frame);
    if (!stream) {
      this.#credit(counted);
      return;
    }
    if (stream.isRemoteEnded) throw streamEnded("data");
    if (!stream.hasHeaders) throw violation("data came before headers");
    stream.receiveWindow -= counted;
    stream.held += counted;
    if (stream.receiveWindow < 0) throw overflow(`the window of stream ${frame.streamId}`);
    if (counted > bytes.length) this.consumed(stream, counted - bytes.length);
    if (bytes.length > 0) stream.listener.onData(bytes);
  }

  #endOfFrame(frame: Frame): void {
    if (frame.flags & Flag.endStream) this.#streams.get(frame.streamId)?.endRemote();
  }

  #onBlock(frame: Frame, block: Uint8Array | undefined): void {
    if (!block) return;
    const headers = this.#decoder.decode(block); // always, as the blocks that follow build on it
    if (this.#options.side === "server" && frame.streamId > this.#lastStreamId) this.#onRequest(frame, headers);
    else this.#onAnswer(frame, headers);
  }

  #onRequest({ streamId }: Frame, { fields, isTooLarge }: DecodedHeaders): void {
    const stream = this.#openForPeer(streamId);
    const { isLast } = this.#block;
    if (isTooLarge) this.#refuse(stream, ErrorCode.enhanceYourCalm);
    else if (!isWellFormed(fields, "request")) this.#refuse(stream, ErrorCode.protocolError);
    else if (this.#streams.size > (this.#options.maxStreams ?? 0)) this.#refuse(stream, ErrorCode.refusedStream);
    else {
      stream.hasHeaders = true;
      this.#options.onStream?.(stream, fields);
      if (isLast) stream.endRemote();
    }
  }

  /** The headers of a response, or trailers of either side. */
  #onAnswer(frame: Frame, { fields, isTooLarge }: DecodedHeaders): void {
    const stream = this.#streamOf(frame);
    if (!stream) return;
    if (stream.isRemoteEnded) throw streamEnded("headers");
    const { isLast } = this.#block;
    const kind = stream.hasHeaders ? "trailers" : "response";
    const isOutOfPlace = !isWellFormed(fields, kind) || (kind === "trailers" && !isLast);
    if (isTooLarge) this.#refuse(stream, ErrorCode.enhanceYourCalm);
    else if (isOutOfPlace) this.#refuse(stream, ErrorCode.protocolError);
    else if (isLast || kind === "trailers" || !isInformational(fields)) {
      stream.hasHeaders = true;
      stream.listener.onHeaders(fields);
      if (isLast) stream.endRemote();
    }
  }

  #openForPeer(id: number): Http2Stream {
    if (id % 2 === 0) throw violation(`clients do not open stream ${id}`);
    this.#lastStreamId = id;
    return this.#addStream(id);
  }

  /** Ends one stream whose peer broke the rules, and lets the others go on. */
  #refuse(stream: Http2Stream, code: number): void {
    this.sendReset(stream, code);
    stream.abort(code);
  }

  #onSettings({ flags, streamId }: Frame, payload: Uint8Array): void {
    if (streamId !== 0) throw violation("SETTINGS stand on a stream");
    const isAck = (flags & Flag.ack) !== 0;
    if (payload.length % 6 !== 0 || (isAck && payload.length > 0)) throw badSize();
    if (isAck) return;
    for (let at = 0; at < payload.length; at += 6) {
      const setting = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
      this.#applySetting(setting, readNumber(payload.subarray(at + 2, at + 6), 4));
    }
    this.#send(settingsAckFrame());
    if (this.#hasSettings) return;
    this.#hasSettings = true;
    this.#options.onSettings?.();
  }

  #applySetting(setting: number, value: number): void {
    if (setting === Setting.maxFrameSize) {
      if (value < DEFAULT_FRAME_BYTES || value > 0xffffff) throw violation(`frames of ${value} bytes are not allowed`);
      this.#peerFrameBytes = value;
    }
    if (setting !== Setting.initialWindowSize) return;
    if (value > MAX_WINDOW_BYTES) throw overflow("SETTINGS_INITIAL_WINDOW_SIZE");
    const change = value - this.#peerWindow;
    this.#peerWindow = value;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW_BYTES) throw overflow(`the window of stream ${stream.id}`);
      if (stream.hasPending) this.wantsToSend(stream);
    }
  }

  #onPing({ flags, streamId }: Frame, payload: Uint8Array): void {
    if (streamId !== 0) throw violation("PING stands on a stream");
    if (payload.length !== 8) throw badSize();
    if ((flags & Flag.ack) === 0) this.#send(pingAckFrame(payload));
  }

  #onGoAway(payload: Uint8Array): void {
    if (payload.length < 8) throw badSize();
    const last = readNumber(payload.subarray(0, 4), 4) & MAX_WINDOW_BYTES;
    const code = readNumber(payload.subarray(4, 8), 4);
    this.#options.onGoAway?.();
    if (code !== ErrorCode.noError) {
      this.#transport.destroy();
      this.#close(new Error(`GOAWAY with code ${code}`));
    }
    if (this.#options.side === "server") return;
    for (const stream of [...this.#streams.values()]) if (stream.id > last) stream.abort(ErrorCode.refusedStream);
  }

  #onWindowUpdate(frame: Frame, increment: number): void {
    if (frame.streamId === 0) {
      if (increment === 0) throw violation("a window grows by nothing");
      this.#sendWindow += increment;
      if (this.#sendWindow > MAX_WINDOW_BYTES) throw overflow("the connection's window");
      if (this.#ready.size > 0) this.#planFlush();
      return;
    }
    const stream = this.#streamOf(frame);
    if (!stream) return;
    stream.sendWindow += increment;
    if (increment === 0) this.#refuse(stream, ErrorCode.protocolError);
    else if (stream.sendWindow > MAX_WINDOW_BYTES) this.#refuse(stream, ErrorCode.flowControlError);
    else if (stream.hasPending) this.wantsToSend(stream);
  }

  /** Gives the connection's window back to the peer. */
  #credit(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < CONNECTION_WINDOW_BYTES / 4) return;
    this.#receiveWindow += this.#uncredited;
    this.#send(windowUpdateFrame(0, this.#uncredited));
    this.#uncredited = 0;
  }

  #send(piece: Uint8Array): void {
    if (this.#isClosed) return;
    this.#control.push(piece);
    this.#controlBytes += piece.length;
    if (this.#controlBytes > MAX_CONTROL_BYTES && this.#inFlight >= MAX_IN_FLIGHT_BYTES) {
      this.#fail(new Http2Error(ErrorCode.enhanceYourCalm, "the peer asks for answers that it does not read"));
    } else this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned || this.#isClosed) return;
    this.#isFlushPlanned = true;
    this.#transport.defer(() => {
      this.#isFlushPlanned = false;
      if (!this.#isClosed && this.#inFlight < MAX_IN_FLIGHT_BYTES) this.#flush();
    });
  }

  #flush(): void {
    this.#collectData(Math.min(MAX_IN_FLIGHT_BYTES - this.#inFlight, FLUSH_BYTES));
    const pieces = this.#control;
    if (pieces.length === 0) return;
    const bytes = this.#controlBytes;
    const onLeft = this.#onLeft;
    this.#control = [];
    this.#controlBytes = 0;
    this.#onLeft = [];
    this.#inFlight += bytes;
    this.#transport.write(pieces, () => {
      this.#inFlight -= bytes;
      for (const tell of onLeft) tell();
      if (this.#hasWork) this.#planFlush();
    });
    if (this.#hasWork) this.#planFlush();
  }

  get #hasWork(): boolean {
    return this.#control.length > 0 || (this.#ready.size > 0 && this.#sendWindow > 0);
  }

  /** Puts frames of all streams that have something to send behind the control frames, in turns. */
  #collectData(budgetBytes: number): void {
    let budget = budgetBytes;
    while (this.#ready.size > 0 && budget > 0) {
      const before = budget;
      for (const stream of [...this.#ready]) {
        // A frame's header costs the more the smaller the frames: whoever is alone need not take turns.
        budget -= this.#takeTurn(stream, this.#ready.size === 1 ? budget : Math.min(budget, TURN_BYTES));
        if (budget <= 0) break;
      }
      if (budget === before) break;
    }
  }

  #takeTurn(stream: Http2Stream, limit: number): number {
    let sent = 0;
    this.#ready.delete(stream);
    while (stream.hasPending) {
      const window = Math.min(this.#sendWindow, stream.sendWindow);
      if (stream.queue.bytes > 0 && window <= 0) {
        if (stream.sendWindow > 0) this.#ready.add(stream); // else its own window's update brings it back
        break;
      }
      if (sent >= limit) {
        this.#ready.add(stream);
        break;
      }
      const count = stream.takeFrame(Math.max(0, Math.min(window, this.#peerFrameBytes, limit - sent)), (frame) => {
        this.#pushData(stream.id, frame);
      });
      this.#sendWindow -= count;
      sent += count;
    }
    return sent;
  }

  #pushData(streamId: number, { type, isLast, pieces, onLeft }: DataFrame): void {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.#control.push(frameHeader({ type, flags: isLast ? Flag.endStream : 0, streamId }, length), ...pieces);
    this.#controlBytes += length;
    for (const tell of onLeft) this.#onLeft.push(tell);
  }

  #fail(error: Http2Error): void {
    this.#leave(error.code);
    this.#transport.end();
    this.#close(error);
  }

  #leave(code: number): void {
    if (this.#isClosed) return;
    const lastPeerStream = this.#options.side === "server" ? this.#lastStreamId : 0;
    this.#control.push(goAwayFrame(lastPeerStream, code));
    this.#transport.write(this.#control, () => undefined);
    this.#control = [];
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.onClose(error);
    for (const stream of [...this.#streams.values()]) stream.abort(undefined);
  }
}

function readNumber(payload: Uint8Array, bytes: number): number {
  if (payload.length !== bytes) throw badSize();
  let value = 0;
  for (const byte of payload) value = value * 256 + byte;
  return value;
}

function isInformational(fields: HeaderFields): boolean {
  return /^1\d\d$/.test(fields[fields.indexOf(":status") + 1] ?? "");
}

function streamEnded(what: string): Http2Error {
  return new Http2Error(ErrorCode.streamClosed, `HTTP/2 was broken: ${what} came after the end of their stream`);
}

function violation(what: string): Http2Error {
  return new Http2Error(ErrorCode.protocolError, `HTTP/2 was broken: ${what}`);
}

function overflow(what: string): Http2Error {
  return new Http2Error(ErrorCode.flowControlError, `HTTP/2 was broken: ${what} is exceeded`);
}

function badSize(): Http2Error {
  return new Http2Error(ErrorCode.frameSizeError, "HTTP/2 was broken: a frame has an impossible size");
}
