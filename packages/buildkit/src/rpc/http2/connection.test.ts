import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRandom } from "../../testing/random.ts";
import { Http2Connection } from "./connection.ts";
import { ErrorCode, Flag, FrameType, PREFACE } from "./constants.ts";
import { type Frame, FrameReader } from "./frame-reader.ts";
import { frameHeader, headerFrames, pingAckFrame, resetFrame, settingsFrame, windowUpdateFrame } from "./frames.ts";
import { HeaderEncoder, type HeaderFields } from "./header-encoder.ts";
import type { Http2Stream } from "./stream.ts";
import type { Transport } from "./transport.ts";

const MIB = 1024 * 1024;
const REQUEST = [":method", "POST", ":path", "/a/B", ":scheme", "http", ":authority", "x"];
const RESPONSE = [":status", "200", "content-type", "application/grpc"];

type SentFrame = Frame & { readonly payload: Buffer };

/** Keeps what a connection sends. */
class MemoryTransport implements Transport {
  readonly frames: SentFrame[] = [];
  /** Whether the peer takes what is sent. */
  isReading = true;
  isEnded = false;
  readonly #reader: FrameReader;
  readonly #onSent: Array<() => void> = [];
  #skip: number;

  constructor(preface: number) {
    this.#skip = preface;
    let data = Buffer.alloc(0);
    this.#reader = new FrameReader(
      {
        onFrame: (frame, payload) => this.frames.push({ ...frame, payload: Buffer.from(payload) }),
        onData: (frame, piece, isLast) => {
          data = Buffer.concat([data, piece]);
          if (isLast) this.frames.push({ ...frame, payload: data });
          if (isLast) data = Buffer.alloc(0);
        },
      },
      MIB,
    );
  }

  write(pieces: readonly Uint8Array[], onSent: () => void): void {
    for (const piece of pieces) {
      this.#reader.push(piece.subarray(Math.min(this.#skip, piece.length)));
      this.#skip -= Math.min(this.#skip, piece.length);
    }
    this.#onSent.push(onSent);
    if (this.isReading) queueMicrotask(() => this.takeAll());
  }

  /** The peer takes what was sent so far. */
  takeAll(): void {
    for (const onSent of this.#onSent.splice(0)) onSent();
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isEnded = true;
  }

  defer(work: () => void): void {
    queueMicrotask(work);
  }

  of(type: number, streamId?: number): SentFrame[] {
    return this.frames.filter((frame) => frame.type === type && (streamId ?? frame.streamId) === frame.streamId);
  }

  /** The code of GOAWAY, if any. */
  get farewell(): number | undefined {
    return this.of(FrameType.goAway)[0]?.payload.readUInt32BE(4);
  }
}

/** Everything that a stream's listener heard, as short words. */
function listen(stream: Http2Stream): string[] {
  const heard: string[] = [];
  stream.listener = {
    onHeaders: (fields) => heard.push(`headers ${fields.length / 2}`),
    onData: (bytes) => heard.push(`data ${bytes.length}`),
    onEnd: () => heard.push("end"),
    onAbort: (code) => heard.push(`abort ${code}`),
  };
  return heard;
}

interface Side {
  readonly connection: Http2Connection;
  readonly transport: MemoryTransport;
  readonly encoder: HeaderEncoder;
  /** How it ended. */
  readonly ends: Array<Error | undefined>;
  readonly streams: Http2Stream[];
}

function client(): Side {
  const [transport, ends, encoder] = [new MemoryTransport(PREFACE.length), [] as Side["ends"], new HeaderEncoder()];
  const options = {
    side: "client",
    maxHeaderListBytes: 64 * 1024,
    onClose: (error?: Error) => ends.push(error),
  } as const;
  const connection = new Http2Connection(transport, options);
  connection.receive(settingsFrame([]));
  return { connection, transport, encoder, ends, streams: [] };
}

function server(onStream: (stream: Http2Stream) => void = () => undefined): Side {
  const [transport, ends, encoder] = [new MemoryTransport(0), [] as Side["ends"], new HeaderEncoder()];
  const streams: Http2Stream[] = [];
  const connection = new Http2Connection(transport, {
    side: "server",
    maxHeaderListBytes: 64 * 1024,
    maxStreams: 10,
    onStream: (stream) => {
      streams.push(stream);
      onStream(stream);
    },
    onClose: (error) => ends.push(error),
  });
  connection.receive(Buffer.concat([PREFACE, settingsFrame([])]));
  return { connection, transport, encoder, ends, streams };
}

function frame(type: number, { flags = 0, streamId = 0, payload = [] as Iterable<number> } = {}): Buffer {
  const body = payload instanceof Uint8Array ? payload : Buffer.from([...payload]);
  return Buffer.concat([frameHeader({ type, flags, streamId }, body.length), body]);
}

function headers({ encoder }: Side, streamId: number, fields: HeaderFields, isLast = false): Buffer {
  return Buffer.concat(headerFrames(encoder.encode(fields), { streamId, isLast, maxFrameBytes: 16_384 }));
}

function data(streamId: number, size: number, isLast = false): Buffer {
  return frame(FrameType.data, { streamId, flags: isLast ? Flag.endStream : 0, payload: Buffer.alloc(size, "d") });
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a peer that breaks the protocol is told so and left", () => {
  const cases: Record<string, [code: number, ...bytes: Buffer[]]> = {
    "DATA on stream 0": [ErrorCode.protocolError, data(0, 1)],
    "DATA on a stream that was not opened": [ErrorCode.protocolError, data(99, 1)],
    "DATA before headers": [ErrorCode.protocolError, data(1, 1)],
    "HEADERS on stream 0": [ErrorCode.protocolError, frame(FrameType.headers, { flags: Flag.endHeaders })],
    "padding longer than its frame": [
      ErrorCode.protocolError,
      frame(FrameType.data, { streamId: 1, flags: Flag.padded, payload: [9, 1] }),
    ],
    "CONTINUATION out of nowhere": [ErrorCode.protocolError, frame(FrameType.continuation, { streamId: 1 })],
    "a header block that is interrupted": [
      ErrorCode.protocolError,
      frame(FrameType.headers, { streamId: 1 }),
      pingAckFrame(new Uint8Array(8)),
    ],
    "a header block of another stream": [
      ErrorCode.protocolError,
      frame(FrameType.headers, { streamId: 1 }),
      frame(FrameType.continuation, { streamId: 3 }),
    ],
    "a pushed stream": [ErrorCode.protocolError, frame(FrameType.pushPromise, { streamId: 1 })],
    "a frame above the limit": [ErrorCode.frameSizeError, Buffer.from([0x20, 0, 0, 0, 0, 0, 0, 0, 1])],
    "SETTINGS of five bytes": [ErrorCode.frameSizeError, frame(FrameType.settings, { payload: [0, 4, 0, 0, 0] })],
    "PING of seven bytes": [ErrorCode.frameSizeError, frame(FrameType.ping, { payload: Buffer.alloc(7) })],
    "an impossible window": [ErrorCode.flowControlError, settingsFrame([[4, 0x80000000]])],
    "an impossible frame size": [ErrorCode.protocolError, settingsFrame([[5, 1000]])],
    "a window that grows by nothing": [ErrorCode.protocolError, windowUpdateFrame(0, 0)],
    "a window that grows too large": [ErrorCode.flowControlError, windowUpdateFrame(0, 0x7fffffff)],
    "broken headers": [
      ErrorCode.compressionError,
      frame(FrameType.headers, { streamId: 1, flags: Flag.endHeaders, payload: [0x80] }),
    ],
    "an endless header block": [
      ErrorCode.enhanceYourCalm,
      frame(FrameType.headers, { streamId: 1 }),
      Buffer.concat(Array.from({ length: 1_000 }, () => frame(FrameType.continuation, { streamId: 1 }))),
    ],
  };
  for (const [what, [code, ...bytes]] of Object.entries(cases)) {
    test(what, async () => {
      const side = client();
      const heard = listen(side.connection.open());
      for (const each of bytes) side.connection.receive(each);
      await settled();
      assert.deepEqual([side.transport.farewell, side.transport.isEnded], [code, true]);
      assert.deepEqual(heard, ["abort undefined"]);
      assert.equal(side.ends.length, 1);
      side.connection.receive(data(1, 5)); // nothing is heard any more
    });
  }

  test("a peer that does not begin with SETTINGS, and a client without a preface", () => {
    const [transport, ends]: [MemoryTransport, unknown[]] = [new MemoryTransport(PREFACE.length), []];
    const options = { side: "client", maxHeaderListBytes: 1, onClose: (error?: Error) => ends.push(error) } as const;
    new Http2Connection(transport, options).receive(frame(FrameType.ping, { payload: Buffer.alloc(8) }));
    assert.equal(ends.length, 1);
    const other = server();
    const fresh = new Http2Connection(new MemoryTransport(0), {
      ...{ side: "server", maxHeaderListBytes: 1 },
      onClose: (error) => other.ends.push(error),
    } as const);
    fresh.receive(Buffer.from("PRI * HTTP/1.1\r\n"));
    assert.match(String(other.ends[0]), /no HTTP\/2 client/);
  });
});

describe("what is odd but allowed passes", () => {
  test("padding, priorities, unknown frames and informational headers, byte by byte", async () => {
    const side = client();
    const heard = listen(side.connection.open());
    const padded = (type: number, flags: number, payload: number[]): Buffer =>
      frame(type, { streamId: 1, flags: flags | Flag.padded, payload: [3, ...payload, 0, 0, 0] });
    const block = [...side.encoder.encode(RESPONSE)];
    const stream = Buffer.concat([
      frame(200, { streamId: 7, payload: [1, 2, 3] }),
      headers(side, 1, [":status", "103"]),
      padded(FrameType.headers, Flag.endHeaders | Flag.priority, [0, 0, 0, 0, 9, ...block]),
      frame(FrameType.priority, { streamId: 1, payload: [0, 0, 0, 0, 1] }),
      padded(FrameType.data, 0, [1, 2, 3, 4]),
      frame(FrameType.data, { streamId: 1 }),
      data(1, 2),
      headers(side, 1, ["grpc-status", "0"], true),
    ]);
    for (const byte of stream) side.connection.receive(Uint8Array.of(byte));
    await settled();
    assert.deepEqual(heard, ["headers 2", "data 4", "data 1", "data 1", "headers 1", "end"]);
    assert.equal(side.ends.length, 0);
  });

  test("PING and SETTINGS are answered, headers longer than a frame are continued", async () => {
    const side = client();
    side.connection.receive(frame(FrameType.ping, { payload: [1, 2, 3, 4, 5, 6, 7, 8] }));
    side.connection.open().sendHeaders([...REQUEST, "long", "x".repeat(40_000)]);
    await settled();
    const [ping] = side.transport.of(FrameType.ping);
    assert.deepEqual([ping?.flags, [...(ping?.payload ?? [])]], [Flag.ack, [1, 2, 3, 4, 5, 6, 7, 8]]);
    assert.ok(side.transport.of(FrameType.settings).some(({ flags }) => flags === Flag.ack));
    assert.equal(side.transport.of(FrameType.continuation, 1).length, 2);
    assert.equal(side.transport.of(FrameType.continuation, 1)[1]?.flags, Flag.endHeaders);
  });

  test("frames of a stream that was reset here are passed over, and their window is given back", async () => {
    const side = client();
    for (let round = 0; round < 20; round++) {
      const stream = side.connection.open();
      stream.sendHeaders(REQUEST);
      side.connection.receive(headers(side, stream.id, RESPONSE));
      stream.reset(ErrorCode.cancel);
      for (let count = 0; count < 7; count++) side.connection.receive(data(stream.id, MIB - 1));
      side.connection.receive(headers(side, stream.id, ["grpc-status", "0"], true));
    }
    await settled();
    assert.equal(side.ends.length, 0, "140 MiB fit into a window of 64 MiB, as nobody holds them");
  });
});

describe("one stream that goes wrong does not disturb the others", () => {
  const bad: Record<string, [code: number, fields: HeaderFields]> = {
    "without a path": [ErrorCode.protocolError, [":method", "POST"]],
    "with two paths": [ErrorCode.protocolError, [...REQUEST, ":path", "/other"]],
    "with an upper-case name": [ErrorCode.protocolError, [...REQUEST, "Te", "trailers"]],
    "with a connection header": [ErrorCode.protocolError, [...REQUEST, "connection", "close"]],
    "with too many headers": [ErrorCode.enhanceYourCalm, [...REQUEST, "x", "y".repeat(65_536)]],
  };
  for (const [what, [code, fields]] of Object.entries(bad)) {
    test(`a request ${what}`, async () => {
      const side = server();
      side.connection.receive(headers(side, 1, fields));
      side.connection.receive(headers(side, 3, REQUEST));
      await settled();
      assert.equal(side.transport.of(FrameType.rstStream, 1)[0]?.payload.readUInt32BE(0), code);
      assert.deepEqual(
        side.streams.map(({ id }) => id),
        [3],
      );
      assert.equal(side.ends.length, 0);
    });
  }

  test("more streams than allowed are refused", async () => {
    const side = server();
    for (let id = 1; id <= 25; id += 2) side.connection.receive(headers(side, id, REQUEST));
    await settled();
    assert.equal(side.streams.length, 10);
    const codes = side.transport.of(FrameType.rstStream).map(({ payload }) => payload.readUInt32BE(0));
    assert.deepEqual(codes, Array(3).fill(ErrorCode.refusedStream));
  });

  test("a reset tells its code, a graceful GOAWAY only those streams that the peer did not take", async () => {
    const side = client();
    const heard = [1, 3, 5].map(() => listen(side.connection.open()));
    side.connection.receive(resetFrame(1, 11));
    side.connection.receive(frame(FrameType.goAway, { payload: [0, 0, 0, 3, 0, 0, 0, 0] }));
    assert.deepEqual(heard, [["abort 11"], [], [`abort ${ErrorCode.refusedStream}`]]);
  });
});

describe("flow control", () => {
  test("nothing is sent beyond the stream's or the connection's window, and shrunk windows count", async () => {
    const side = client();
    const [one, two] = [side.connection.open(), side.connection.open()];
    const sent = (id: number): number =>
      side.transport.of(FrameType.data, id).reduce((sum, { payload }) => sum + payload.length, 0);
    for (const stream of [one, two]) {
      stream.sendHeaders(REQUEST);
      stream.write([Buffer.alloc(100_000)]);
    }
    await settled();
    assert.equal(sent(1) + sent(3), 65_535, "the connection's window is for both");
    side.connection.receive(settingsFrame([[4, 1_000]]));
    side.connection.receive(windowUpdateFrame(0, MIB));
    await settled();
    assert.deepEqual([sent(1), sent(3)], [65_535, 1_000], "the first one's window is below zero now");
    side.connection.receive(windowUpdateFrame(1, MIB));
    side.connection.receive(windowUpdateFrame(3, MIB));
    one.end();
    await settled();
    assert.deepEqual([sent(1), sent(3)], [100_000, 100_000]);
    assert.equal(side.transport.of(FrameType.data, 1).at(-1)?.flags, Flag.endStream);
  });

  test("a peer that sends more than the window is left; one whose data is used up may go on", async () => {
    const side = client();
    const stream = side.connection.open();
    stream.listener = { ...stream.listener, onData: (bytes) => stream.consumed(bytes.length) };
    side.connection.receive(headers(side, 1, RESPONSE));
    for (let count = 0; count < 100; count++) side.connection.receive(data(1, MIB));
    assert.equal(side.ends.length, 0);
    listen(stream); // nobody uses it up any more
    for (let count = 0; count < 9; count++) side.connection.receive(data(1, MIB));
    assert.equal(side.transport.farewell, ErrorCode.flowControlError);
  });

  test("senders wait for a peer that does not read, which cannot have answers pile up either", async () => {
    const side = server();
    side.transport.isReading = false;
    side.connection.receive(settingsFrame([[4, 0x7fffffff]]));
    side.connection.receive(windowUpdateFrame(0, 0x7fff0000));
    side.connection.receive(headers(side, 1, REQUEST));
    await settled();
    side.streams[0]?.sendHeaders(RESPONSE);
    for (let count = 0; count < 8; count++) side.streams[0]?.write([Buffer.alloc(MIB)]);
    await settled();
    const sent = side.transport.of(FrameType.data, 1).reduce((sum, { payload }) => sum + payload.length, 0);
    assert.ok(sent < 2 * MIB, `${sent} bytes were sent`);
    assert.ok(side.streams[0]?.queue.room(), "senders have to wait");
    const ping = frame(FrameType.ping, { payload: Buffer.alloc(8) });
    for (let count = 0; count < 100_000; count++) side.connection.receive(ping);
    assert.equal(side.transport.farewell, ErrorCode.enhanceYourCalm);
  });

  test("whoever lends bytes gets them back when the last of them has left, and not before", async () => {
    const side = server();
    side.transport.isReading = false;
    side.connection.receive(settingsFrame([[4, 0x7fffffff]]));
    side.connection.receive(windowUpdateFrame(0, 0x7fff0000));
    side.connection.receive(headers(side, 1, REQUEST));
    const back: string[] = [];
    side.streams[0]?.write([Buffer.alloc(10), Buffer.alloc(100_000)], () => back.push("small"));
    side.streams[0]?.write([Buffer.alloc(MIB)], () => back.push("large"));
    await settled();
    assert.deepEqual(back, [], "the transport still has them");
    side.transport.takeAll();
    await settled();
    assert.deepEqual(back, ["small"], "a part of the large piece is gone, not all of it");
    side.transport.isReading = true;
    side.transport.takeAll();
    await settled();
    assert.deepEqual(back, ["small", "large"]);
  });

  test("one stream's frames are as large as what leaves at once; several streams take turns", async () => {
    const side = server();
    side.connection.receive(
      settingsFrame([
        [4, 0x7fffffff],
        [5, MIB],
      ]),
    );
    side.connection.receive(windowUpdateFrame(0, 0x7fff0000));
    side.connection.receive(headers(side, 1, REQUEST));
    side.connection.receive(headers(side, 3, REQUEST));
    side.streams[0]?.write([Buffer.alloc(MIB)]);
    await settled();
    const alone = side.transport.of(FrameType.data, 1).map(({ payload }) => payload.length);
    assert.deepEqual(alone, [MIB / 4, MIB / 4, MIB / 4, MIB / 4]);
    for (const stream of side.streams) stream.write([Buffer.alloc(MIB / 4)]);
    await settled();
    const both = side.transport.of(FrameType.data).slice(4);
    assert.deepEqual(
      both.slice(0, 4).map(({ streamId }) => streamId),
      [1, 3, 1, 3],
    );
    assert.ok(both.every(({ payload }) => payload.length <= 64 * 1024));
  });
});

test("10,000 damaged conversations end in order or go on, and never throw", async () => {
  const random = createRandom(20_261_125);
  for (let round = 0; round < 10_000; round++) {
    const side = server((stream) => {
      stream.sendHeaders(RESPONSE);
      stream.write([Buffer.from("answer")]);
      stream.end(["grpc-status", "0"]);
    });
    const talk = Buffer.concat([
      headers(side, 1, REQUEST),
      data(1, random.below(40), true),
      frame(random.below(12), {
        streamId: random.below(6),
        flags: random.below(256),
        payload: random.bytes(random.below(20)),
      }),
      headers(side, 3, [...REQUEST, "x", random.text().replace(/[^ -~]/g, "")]),
      windowUpdateFrame(random.below(5), random.below(MIB)),
      data(3, random.below(40)),
      resetFrame(3, 8),
    ]);
    for (let damage = random.below(4); damage > 0; damage--) talk[random.below(talk.length)] = random.below(256);
    for (let at = 0; at < talk.length; ) {
      const next = at + 1 + random.below(60);
      side.connection.receive(talk.subarray(at, next));
      at = next;
    }
    assert.equal(side.transport.isEnded, side.ends.length === 1);
    if (round % 1_000 === 0) await settled();
  }
});
