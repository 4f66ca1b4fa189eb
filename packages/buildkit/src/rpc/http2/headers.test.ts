import assert from "node:assert/strict";
import { connect } from "node:http2";
import { describe, test } from "node:test";
import { createRandom } from "../../testing/random.ts";
import { startRawServer } from "../../testing/raw-server.ts";
import { PREFACE } from "./constants.ts";
import { FrameReader } from "./frame-reader.ts";
import { settingsFrame } from "./frames.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import { HeaderEncoder } from "./header-encoder.ts";
import { Http2Error } from "./http2-error.ts";
import { STATIC_TABLE } from "./static-table.ts";

const KIB = 1024;

function decode(...bytes: number[]): string[] {
  return new HeaderDecoder(64 * KIB).decode(Uint8Array.from(bytes)).fields;
}

function hex(text: string): number[] {
  return [...Buffer.from(text.replaceAll(" ", ""), "hex")];
}

function isBroken(error: unknown): boolean {
  return error instanceof Http2Error && error.code === 9;
}

describe("decoding", () => {
  test("reads the three requests with Huffman code of RFC 7541 appendix C.4, which build on each other", () => {
    const decoder = new HeaderDecoder(64 * KIB);
    const blocks = [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    const lists = blocks.map((block) => decoder.decode(Uint8Array.from(hex(block))).fields);
    assert.deepEqual(lists[0], [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"]);
    assert.deepEqual(lists[1]?.slice(-2), ["cache-control", "no-cache"]);
    assert.deepEqual(lists[2]?.slice(-4), [":authority", "www.example.com", "custom-key", "custom-value"]);
  });

  test("refuses what is broken: indexes, lengths, numbers, Huffman padding and its end symbol", () => {
    const cases: Record<string, number[]> = {
      "index 0": [0x80],
      "an index beyond the table": [0xff, 0x00],
      "a name beyond the table": [0x7f, 0x20, 0x01, 0x61],
      "a text that is cut off": [0x00, 0x05, 0x61],
      "a number without end": [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      "a number that is cut off": [0xff, 0x80],
      "a table larger than offered": hex("3fe2 1f"),
      "a table size update behind a field": [0x82, 0x20],
      "eight bits of padding": [0x00, 0x01, 0x61, 0x82, 0x1f, 0xff],
      "padding of zeros": [0x00, 0x01, 0x61, 0x81, 0x18],
      "the end symbol": [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff],
    };
    for (const [what, bytes] of Object.entries(cases)) assert.throws(() => decode(...bytes), isBroken, what);
  });

  test("follows table size updates, and forgets what no longer fits", () => {
    const decoder = new HeaderDecoder(64 * KIB);
    decoder.decode(Uint8Array.from([0x40, 0x01, 0x61, 0x01, 0x62]));
    assert.deepEqual(decoder.decode(Uint8Array.of(0xbe)).fields, ["a", "b"]);
    decoder.decode(Uint8Array.from([0x20, 0x3f, 0xe1, 0x1f]));
    assert.throws(() => decoder.decode(Uint8Array.of(0xbe)), isBroken);
    const long = Buffer.alloc(5_000, "x");
    const block = Buffer.concat([Uint8Array.from([0x40, 0x01, 0x61, 0x7f, 0x89, 0x26]), long]);
    assert.equal(decoder.decode(block).fields[1]?.length, 5_000);
    assert.throws(() => decoder.decode(Uint8Array.of(0xbe)), isBroken, "an entry above the table's size empties it");
  });

  test("a block that unpacks to more than the limit is not kept, and the next one is read as ever", () => {
    const decoder = new HeaderDecoder(8 * KIB);
    const value = Buffer.alloc(3 * KIB, "v");
    decoder.decode(Buffer.concat([Uint8Array.from([0x40, 0x01, 0x61, 0x7f, 0x81, 0x17]), value]));
    const bomb = decoder.decode(new Uint8Array(100_000).fill(0xbe));
    assert.equal(bomb.isTooLarge, true);
    assert.ok(bomb.fields.length <= 6, "300 MB of headers were not built");
    assert.deepEqual(decoder.decode(Uint8Array.of(0x82)), { fields: [":method", "GET"], isTooLarge: false });
  });

  test("20,000 blocks of noise give fields or an error that says so, never anything else", () => {
    const random = createRandom(4711);
    for (let round = 0; round < 20_000; round++) {
      const decoder = new HeaderDecoder(4 * KIB);
      try {
        decoder.decode(random.bytes(1 + (round % 64)));
      } catch (error) {
        assert.ok(isBroken(error), String(error));
      }
    }
  });
});

test("what is encoded is decoded again, whatever bytes a value has", () => {
  const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder(1024 * KIB)];
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  const lists = [
    [":method", "POST", ":path", "/x.Y/Z", ":authority", "", "te", "trailers"],
    ["x", all, "x", "a, b", "x", "", "content-type", "application/grpc"],
    ["long", "v".repeat(300_000), "n".repeat(200), "w"],
    [],
  ];
  for (const fields of lists) assert.deepEqual(decoder.decode(encoder.encode(fields)).fields, fields);
});

test("our static table and Huffman code are those of Node's own HTTP/2", async () => {
  const names = STATIC_TABLE.filter((name, index) => index % 2 === 0 && !name.startsWith(":") && !SPECIAL.has(name));
  const values = [...STATIC_TABLE.filter((value, index) => index % 2 === 1 && value !== ""), "", "~{}|^`\\ all\xe9"];
  const sent = Object.fromEntries(names.map((name, index) => [name, values[index % values.length] ?? ""]));
  const block = await headerBlockOfNode(sent);

  const { fields } = new HeaderDecoder(64 * KIB).decode(block);

  const read = Object.fromEntries(names.map((name) => [name, fields[fields.indexOf(name) + 1]]));
  assert.deepEqual(read, sent);
});

/** Node gives these a meaning of their own. */
const SPECIAL = new Set(["transfer-encoding", "content-length", "host", "expect"]);

/** The header block of a request as Node's client sends it. */
async function headerBlockOfNode(headers: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const found = Promise.withResolvers<Uint8Array>();
  await using server = await startRawServer((socket) => {
    const reader = new FrameReader(
      { onFrame: ({ type }, payload) => type === 1 && found.resolve(payload), onData: () => undefined },
      64 * KIB,
    );
    let preface = PREFACE.length;
    socket.write(settingsFrame([]));
    socket.on("data", (chunk) => {
      const skipped = Math.min(preface, chunk.length);
      preface -= skipped;
      reader.push(chunk.subarray(skipped));
    });
  });
  const session = connect(`http://127.0.0.1:${server.port}`);
  session.on("error", () => undefined);
  session.request({ ":path": "/", ...headers }).on("error", () => undefined);
  const block = await found.promise;
  session.destroy();
  return block;
}
