import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FrameDecoder, frameMessage } from "@opendepot/buildkit";
import { decode, encode, Packet, type Stat } from "@opendepot/buildkit/wire";
import { ContextEntries } from "./context-entries.ts";

const SYMLINK = 0x8000000 | 0o777;
const attributes = { "security.capability": Buffer.from("all"), "user.note": Buffer.alloc(300, "n") };
const attributesTag = Buffer.from([0x52]);

const entry = (stat: Partial<Stat>): Buffer => frameMessage(encode(Packet, { type: 0, stat }));
const file = entry({ path: "file", mode: 0o755, size: 3n, xattrs: attributes });
const symlink = entry({ path: "symlink", mode: SYMLINK, linkname: "/etc/passwd", xattrs: attributes });
const hardlink = entry({ path: "z", mode: 0o755, linkname: "file", xattrs: attributes });
const content = frameMessage(encode(Packet, { type: 2, id: 7, data: Buffer.alloc(40_000, 0x52) }));
const end = frameMessage(encode(Packet, { type: 0 }));

/** What passes of the bytes of one stream, in pieces of so many bytes. */
function pass(bytes: Uint8Array, pieceBytes: number): { readonly passed: Buffer; readonly stripped: number } {
  let stripped = 0;
  const entries = new ContextEntries(() => {
    stripped++;
  });
  entries.expect(1);
  const passed = Buffer.from(bytes);
  for (let at = 0; at < passed.length; at += pieceBytes) entries.take(1, passed.subarray(at, at + pieceBytes));
  return { passed, stripped };
}

/** A field of any number and wire type, with a value that is already encoded. */
const field = (tag: number, ...value: number[]): Buffer => Buffer.from([tag, ...value]);
const path = field(0x0a, 1, 0x61);
const symlinkMode = field(0x10, 0xff, 0x83, 0x80, 0x40);
const attribute = field(0x52, 6, 0x0a, 1, 0x75, 0x12, 1, 0x76);
const packetOf = (...fields: Buffer[]): Buffer => {
  const stat = Buffer.concat(fields);
  return frameMessage(Buffer.concat([Buffer.from([0x12, stat.length]), stat]));
};

describe("entries of a context", () => {
  test("keep everything but the attributes of symlinks, however the bytes are cut", () => {
    const sent = [file, symlink, content, hardlink, file, end, content];
    for (const pieceBytes of [1, 2, 3, 5, 7, 11, 100, 16_384, 1_000_000]) {
      const { passed, stripped } = pass(Buffer.concat(sent), pieceBytes);
      assert.equal(stripped, 2);
      const packets = [...new FrameDecoder().push(passed)].map((message) => decode(Packet, message));
      const expected = sent
        .flatMap((bytes) => [...new FrameDecoder().push(bytes)])
        .map((message) => decode(Packet, message))
        .map((packet) =>
          packet.stat?.mode === SYMLINK ? { ...packet, stat: { ...packet.stat, xattrs: Object.create(null) } } : packet,
        );
      assert.deepEqual(packets, expected);
    }
  });

  test("of other streams, and of streams that are over, are left alone", () => {
    const entries = new ContextEntries(() => assert.fail("something was taken away"));
    entries.expect(1);
    entries.take(3, Buffer.from(symlink));
    entries.forget(1);
    entries.take(1, Buffer.from(symlink));
    assert.equal(entries.has(1), false);
  });

  test("that come in two parts are one, as they are for the engine", () => {
    const parts = (...groups: Buffer[][]): Buffer =>
      frameMessage(
        Buffer.concat(
          groups.map((fields) => {
            const stat = Buffer.concat(fields);
            return Buffer.concat([Buffer.from([0x12, stat.length]), stat]);
          }),
        ),
      );
    assert.equal(pass(parts([path, symlinkMode], [attribute]), 3).stripped, 1);
    assert.throws(() => pass(parts([path, attribute], [symlinkMode]), 3), /before it is told/);
    const nextEntry = Buffer.concat([packetOf(path, attribute), packetOf(path, symlinkMode)]);
    assert.equal(pass(nextEntry, 3).stripped, 0);
  });

  test("are read as the engine reads them, or refused", () => {
    const cases: ReadonlyArray<readonly [name: string, bytes: Buffer, outcome: RegExp | number]> = [
      ["a symlink's attribute", packetOf(path, symlinkMode, attribute), 1],
      ["a mode that is overwritten later", packetOf(path, symlinkMode, field(0x10, 0), attribute), 1],
      [
        "a mode above 32 bits",
        packetOf(field(0x10, 0x80, 0x80, 0x80, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 1), attribute),
        1,
      ],
      [
        "a mode above 32 bits that is no symlink",
        packetOf(field(0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), attribute),
        0,
      ],
      ["an attribute before the mode", packetOf(path, attribute, symlinkMode), /before it is told/],
      ["a hard link's attribute", packetOf(path, field(0x3a, 1, 0x78), attribute), 0],
      ["an attribute's tag in two bytes", packetOf(path, symlinkMode, field(0xd2, 0, 0)), /broken/],
      [
        "an attribute's tag above 32 bits",
        packetOf(path, symlinkMode, field(0xd2, 0x80, 0x80, 0x80, 0x80, 0x01, ...attribute.subarray(1))),
        /broken/,
      ],
      [
        "an attribute's tag above 64 bits",
        packetOf(path, symlinkMode, field(0xd2, ...new Array<number>(8).fill(0x80), 2, ...attribute.subarray(1))),
        /broken/,
      ],
      ["a length above 64 bits", packetOf(field(0x0a, 0x81, ...new Array<number>(8).fill(0x80), 2, 0x61)), /broken/],
      ["the entry's tag in two bytes", frameMessage(field(0x92, 0, 0)), /broken/],
      ["field number 0", packetOf(field(0x02, 0)), /broken/],
      ["a group", packetOf(field(0x53), attribute, field(0x54)), /broken/],
      ["a number without end", packetOf(field(0x10, ...new Array<number>(10).fill(0x80))), /broken/],
      ["a value beyond the entry", frameMessage(field(0x12, 2, 0x0a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0)), /broken/],
      ["an entry beyond the message", frameMessage(field(0x12, 9, 0x0a)), /broken/],
      ["an entry that ends within a tag", frameMessage(field(0x12, 1, 0x80, 0x08, 0)), /broken/],
      ["a message that ends within a number", frameMessage(field(0x18)), /broken/],
      ["a compressed message", Buffer.from([1, 0, 0, 0, 1, 0]), /compressed/],
      [
        "fields of other numbers",
        packetOf(field(0x7a, 1, 0), field(0xfa, 1, 0x01, 0), field(0x59, ...attributesTag, 0, 0, 0, 0, 0, 0, 0)),
        0,
      ],
      ["a tag within a value", packetOf(symlinkMode, field(0x0a, 2, 0x52, 0x52)), 0],
      ["fixed 32 bits", packetOf(symlinkMode, field(0x5d, 0x52, 0x52, 0x52, 0x52), attribute), 1],
      ["an empty message and an empty entry", Buffer.concat([frameMessage(Buffer.alloc(0)), packetOf(), symlink]), 2],
    ];
    for (const [name, bytes, outcome] of cases) {
      for (const pieceBytes of [1, 2, 1000]) {
        const run = (): number => pass(bytes, pieceBytes).stripped;
        if (typeof outcome === "number") assert.equal(run(), outcome, name);
        else assert.throws(run, outcome, name);
      }
    }
  });
});
