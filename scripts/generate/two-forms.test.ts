import assert from "node:assert/strict";
import { test } from "node:test";
import {
  create,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { file_google_rpc_status } from "../../packages/api/src/gen/google/rpc/status_pb.js";
import { file_moby_buildkit_v1_control } from "../../packages/api/src/gen/moby/buildkit/v1/control_pb.js";
import { file_moby_buildkit_v1_sourcepolicy_policy } from "../../packages/api/src/gen/moby/buildkit/v1/sourcepolicy/policy_pb.js";
import { file_moby_buildkit_v1_types_worker } from "../../packages/api/src/gen/moby/buildkit/v1/types/worker_pb.js";
import { file_pb_ops } from "../../packages/api/src/gen/pb/ops_pb.js";
import * as content from "../../packages/buildkit/src/gen/containerd/services/content/v1/content.ts";
import { Packet } from "../../packages/buildkit/src/gen/fsutil/types/wire.ts";
import { Any } from "../../packages/buildkit/src/gen/google/protobuf/any.ts";
import { Timestamp } from "../../packages/buildkit/src/gen/google/protobuf/timestamp.ts";
import * as status from "../../packages/buildkit/src/gen/google/rpc/status.ts";
import * as control from "../../packages/buildkit/src/gen/moby/buildkit/v1/control.ts";
import * as policy from "../../packages/buildkit/src/gen/moby/buildkit/v1/sourcepolicy/policy.ts";
import * as worker from "../../packages/buildkit/src/gen/moby/buildkit/v1/types/worker.ts";
import * as ops from "../../packages/buildkit/src/gen/pb/ops.ts";
import { createRandom, type Random } from "../../packages/buildkit/src/testing/random.ts";
import { decode, encode } from "../../packages/buildkit/src/wire/codec.ts";
import { type Field, type MessageType, message } from "../../packages/buildkit/src/wire/message.ts";
import { WireError } from "../../packages/buildkit/src/wire/reader.ts";

const DESCRIPTORS: readonly DescMessage[] = [
  file_moby_buildkit_v1_control,
  file_pb_ops,
  file_moby_buildkit_v1_types_worker,
  file_google_rpc_status,
  file_moby_buildkit_v1_sourcepolicy_policy,
].flatMap((file) => file.messages);

const TABLES: ReadonlyMap<string, MessageType<unknown>> = new Map(
  [control, ops, worker, status, policy]
    .flatMap((module) => Object.values<unknown>(module))
    .filter(isMessageType)
    .map((type) => [type.typeName, type]),
);

const SEEDS = [1, 2, 3, Date.now() >>> 0];

for (const seed of SEEDS) {
  test(`reads and writes what protobuf-es writes and reads, for every message (seed ${seed})`, () => {
    const random = createRandom(seed);
    for (const descriptor of DESCRIPTORS) {
      const table = TABLES.get(descriptor.typeName);
      assert.ok(table, descriptor.typeName);
      for (let round = 0; round < 8; round++) {
        const theirs = randomMessage(descriptor, random, 0);

        const ours = decode(table, toBinary(descriptor, theirs)) as Record<string, unknown>;
        const back = fromBinary(descriptor, encode(table, ours as never));

        assertSameValues(reflect(descriptor, theirs), table, ours);
        assert.ok(equals(descriptor, theirs, back), `${descriptor.typeName} does not survive a round trip`);
      }
    }
  });

  test(`broken bytes are refused with a WireError or read as something, never worse (seed ${seed})`, () => {
    const random = createRandom(seed);
    let refused = 0;
    for (const descriptor of DESCRIPTORS) {
      const table = TABLES.get(descriptor.typeName);
      assert.ok(table);
      for (let round = 0; round < 40; round++) {
        const bytes = damage(toBinary(descriptor, randomMessage(descriptor, random, 0)), random);
        try {
          encode(table, decode(table, bytes) as never);
        } catch (error) {
          assert.ok(error instanceof WireError, `${descriptor.typeName}: ${error}`);
          refused++;
        }
      }
    }
    assert.ok(refused > 100, `only ${refused} were refused`);
  });
}

test("a message that is cut anywhere is refused or loses whole fields at its end", () => {
  const whole = encode(control.Vertex, {
    digest: "sha256:abc",
    name: "RUN x",
    started: { seconds: 5n },
    inputs: ["a"],
  });
  const outcomes = Array.from({ length: whole.length }, (_, length) => {
    try {
      return Object.keys(decode(control.Vertex, whole.subarray(0, length)));
    } catch (error) {
      assert.ok(error instanceof WireError, String(error));
      return "refused";
    }
  });
  assert.ok(outcomes.includes("refused"));
});

test("a field length beyond the end, also one above 2^31, is refused", () => {
  assert.throws(() => decode(control.BytesMessage, Uint8Array.of(0x0a, 0x05, 1)), WireError);
  assert.throws(() => decode(control.BytesMessage, Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1)), WireError);
});

test("a varint that does not end and the field number 0 are refused", () => {
  assert.throws(() => decode(control.UsageRecord, Uint8Array.of(0x20, ...Array(11).fill(0xff))), WireError);
  assert.throws(() => decode(control.UsageRecord, Uint8Array.of(0x00, 0x01)), WireError);
});

test("nesting without end is refused instead of overflowing the stack", () => {
  interface Nested {
    inner?: Nested | undefined;
  }
  const Nested: MessageType<Nested> = message("test.Nested", () => [[1, "inner", Nested]]);
  let bytes: Uint8Array = new Uint8Array(0);
  for (let depth = 0; depth < 2_000; depth++) bytes = Buffer.concat([lengthPrefix(0x0a, bytes.length), bytes]);
  assert.throws(() => decode(Nested, bytes), WireError);
});

test("a map key that names a prototype is a key like any other", () => {
  const bytes = encode(control.Exporter, { attrs: Object.assign(Object.create(null), { ["__proto__"]: "x" }) });
  const { attrs } = decode(control.Exporter, bytes);
  assert.deepEqual(Object.entries(attrs), [["__proto__", "x"]]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("text keeps a leading byte order mark", () => {
  const text = "\u{feff}FROM scratch";
  assert.equal(decode(control.Vertex, encode(control.Vertex, { name: text })).name, text);
});

test("a message field that comes twice is merged, as protobuf wants it", () => {
  const bytes = Buffer.concat([
    encode(status.Status, { code: 1 }),
    encode(control.BuildHistoryEvent, { record: { ref: "a", numTotalSteps: 3 } }),
    encode(control.BuildHistoryEvent, { record: { frontend: "f", numTotalSteps: 4 } }),
  ]);
  const { record } = decode(control.BuildHistoryEvent, bytes.subarray(2));
  assert.deepEqual([record?.ref, record?.frontend, record?.numTotalSteps], ["a", "f", 4]);
});

test("bytes fields are views, so that bulk is not copied", () => {
  const bytes = encode(Packet, { data: new Uint8Array(1_000) });
  assert.equal(decode(Packet, bytes).data.buffer, bytes.buffer);
});

test("numbers at the edges of their types survive", () => {
  const edges = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 63n - 1n];
  for (const size of edges) {
    assert.equal(decode(content.Info, encode(content.Info, { size })).size, size);
  }
  for (const nanos of [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]) {
    assert.equal(decode(Timestamp, encode(Timestamp, { nanos })).nanos, nanos);
  }
  assert.deepEqual(decode(Any, encode(Any, {})), { typeUrl: "", value: new Uint8Array(0) });
});

function isMessageType(value: unknown): value is MessageType<unknown> {
  return typeof value === "object" && value !== null && "typeName" in value;
}

function lengthPrefix(tag: number, length: number): Uint8Array {
  return length < 0x80 ? Uint8Array.of(tag, length) : Uint8Array.of(tag, (length & 0x7f) | 0x80, length >>> 7);
}

/** Cuts, flips, repeats or inserts bytes. */
function damage(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = random.below(copy.length + 1);
  switch (random.below(4)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      if (at < copy.length) copy[at] = random.below(256);
      return copy;
    case 2:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(8)), copy.subarray(at)]);
    default:
      return random.bytes(random.below(64));
  }
}

function randomMessage(descriptor: DescMessage, random: Random, depth: number): Message {
  const made = create(descriptor);
  const into = reflect(descriptor, made);
  for (const field of descriptor.fields) {
    if (field.oneof && random.below(field.oneof.fields.length + 1) > 0) continue;
    if (random.below(10) < 3 || (depth > 2 && field.fieldKind === "message")) continue;
    setRandom(into, field, random, depth);
  }
  return made;
}

function setRandom(into: ReflectMessage, field: DescField, random: Random, depth: number): void {
  const count = random.below(4);
  if (field.fieldKind === "list") {
    const list = into.get(field);
    for (let index = 0; index < count; index++) list.add(randomValue(field, random, depth));
  } else if (field.fieldKind === "map") {
    const map = into.get(field);
    for (let index = 0; index < count; index++) {
      map.set(randomScalar(field.mapKey, random) as string, randomValue(field, random, depth));
    }
  } else into.set(field, randomValue(field, random, depth));
}

function randomValue(field: DescField, random: Random, depth: number): unknown {
  if (field.message) return reflect(field.message, randomMessage(field.message, random, depth + 1));
  if (field.enum) return random.pick(field.enum.values).number;
  return randomScalar(field.scalar, random);
}

/** Numbers of protobuf's scalar types: google/protobuf/descriptor.proto, `FieldDescriptorProto.Type`. */
function randomScalar(scalar: number | undefined, random: Random): unknown {
  switch (scalar) {
    case 1:
      return random.below(1000) / 7;
    case 2:
      return Math.fround(random.below(1000) / 7);
    case 3:
      return random.int64();
    case 4:
      return BigInt.asUintN(64, random.int64());
    case 5:
      return Number(BigInt.asIntN(32, random.int64()));
    case 8:
      return random.below(2) === 1;
    case 9:
      return random.text();
    case 12:
      return random.bytes(random.below(200));
    case 13:
      return Number(BigInt.asUintN(32, random.int64()));
    default:
      throw new Error(`no random value for scalar type ${scalar}`);
  }
}

/** Compares field by field, since a mistake made alike in reading and writing survives a round trip. */
function assertSameValues(theirs: ReflectMessage, table: MessageType<unknown>, ours: Record<string, unknown>): void {
  for (const field of theirs.fields) {
    const lean = table.fields.find(({ number }) => number === field.number);
    assert.ok(lean, `${table.typeName} lacks field ${field.number}`);
    assertSameField(theirs, field, lean, ours[lean.name]);
  }
}

function assertSameField(theirs: ReflectMessage, field: DescField, lean: Field, mine: unknown): void {
  const at = `${field.parent.typeName}.${lean.name}`;
  const hasPresence = lean.shape === "optional" || field.fieldKind === "message";
  if (hasPresence) assert.equal(mine !== undefined, theirs.isSet(field), at);
  if (field.fieldKind === "message") {
    const nested = lean.type as MessageType<unknown>;
    if (mine) assertSameValues(theirs.get(field), nested, mine as Record<string, unknown>);
  } else if (field.fieldKind === "list") {
    if (!field.message) assert.deepEqual((mine as unknown[]).map(plain), [...theirs.get(field)].map(plain), at);
  } else if (field.fieldKind === "map") {
    const entries = [...theirs.get(field)].map(([key, value]) => [String(key), plain(value)]);
    if (!field.message) assert.deepEqual({ ...(mine as object) }, Object.fromEntries(entries), at);
  } else if (theirs.isSet(field)) assert.deepEqual(plain(mine), plain(theirs.get(field)), at);
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
