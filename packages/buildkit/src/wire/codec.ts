import type { Field, Init, MessageType, ScalarKind, ValueType } from "./message.ts";
import { Reader, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from "./reader.ts";
import { Writer } from "./writer.ts";

/** Nesting beyond this is refused: nothing in BuildKit comes near it, a hostile peer might. */
const MAX_DEPTH = 64;

/**
 * Encodes a message in proto3 form: fields at their zero value are left out, unless they have presence.
 * Properties that the type does not know are ignored.
 */
export function encode<T>(type: MessageType<T>, value: Init<T>): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writeMessage(writer, type, value as Record<string, unknown>);
  return writer.finish();
}

/**
 * Decodes a message. Unknown fields, and known ones of an unexpected wire type, are skipped, as an older
 * or younger peer may send them. `bytes` fields are views into `bytes`: copy what outlives it.
 *
 * @throws {WireError} when the bytes are not a protobuf message
 */
export function decode<T>(type: MessageType<T>, bytes: Uint8Array): T {
  return readMessage(new Reader(bytes), type, 0) as T;
}

function writeMessage(writer: Writer, type: MessageType<unknown>, value: Record<string, unknown>): void {
  for (const field of type.fields) {
    const item = value[field.name];
    if (item === undefined || item === null) continue;
    switch (field.shape) {
      case "one":
        if (!isZero(item)) writeValue(writer, field.number, field.type, item);
        break;
      case "optional":
        writeValue(writer, field.number, field.type, item);
        break;
      case "many":
        writeMany(writer, field, item as readonly unknown[]);
        break;
      case "map":
        for (const [key, entry] of Object.entries(item)) writeEntry(writer, field, key, entry);
        break;
    }
  }
}

function writeMany(writer: Writer, field: Field, items: readonly unknown[]): void {
  if (typeof field.type === "object" || field.type === "string" || field.type === "bytes") {
    for (const item of items) writeValue(writer, field.number, field.type, item);
    return;
  }
  if (items.length === 0) return;
  const packed = new Writer();
  for (const item of items) writeScalar(packed, field.type, item);
  writer.tag(field.number, WIRE_BYTES);
  writer.bytes(packed.finish());
}

function writeEntry(writer: Writer, field: Field, key: string, value: unknown): void {
  const entry = new Writer();
  const kind = field.key ?? "string";
  writeValue(entry, 1, kind, kind === "string" ? key : BigInt(key));
  writeValue(entry, 2, field.type, value);
  writer.tag(field.number, WIRE_BYTES);
  writer.bytes(entry.finish());
}

function writeValue(writer: Writer, number: number, type: ValueType, value: unknown): void {
  if (typeof type === "object") {
    const nested = new Writer();
    writeMessage(nested, type, value as Record<string, unknown>);
    writer.tag(number, WIRE_BYTES);
    writer.bytes(nested.finish());
    return;
  }
  writer.tag(number, wireTypeOf(type));
  writeScalar(writer, type, value);
}

function writeScalar(writer: Writer, kind: ScalarKind, value: unknown): void {
  switch (kind) {
    case "string":
      writer.string(value as string);
      break;
    case "bytes":
      writer.bytes(value as Uint8Array);
      break;
    case "bool":
      writer.varint(value ? 1 : 0);
      break;
    case "int32":
    case "enum":
      writer.int32(value as number);
      break;
    case "uint32":
      writer.varint((value as number) >>> 0);
      break;
    case "int64":
    case "uint64":
      writer.varint64(BigInt(value as bigint));
      break;
    case "float":
      writer.float(value as number);
      break;
    case "double":
      writer.double(value as number);
      break;
  }
}

function isZero(value: unknown): boolean {
  return (
    value === "" ||
    value === 0 ||
    value === false ||
    value === 0n ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function wireTypeOf(type: ValueType): number {
  if (typeof type === "object" || type === "string" || type === "bytes") return WIRE_BYTES;
  if (type === "float") return WIRE_FIXED32;
  return type === "double" ? WIRE_FIXED64 : WIRE_VARINT;
}

/** What a field holds when the wire says nothing of it. */
function zeroOf(field: Field): unknown {
  if (field.shape === "many") return [];
  // A map's keys are the peer's: no prototype that a key could reach.
  if (field.shape === "map") return Object.create(null);
  if (field.shape === "optional" || typeof field.type === "object") return undefined;
  switch (field.type) {
    case "string":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "bool":
      return false;
    case "int64":
    case "uint64":
      return 0n;
    default:
      return 0;
  }
}

function readMessage(reader: Reader, type: MessageType<unknown>, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const field of type.fields) value[field.name] = zeroOf(field);
  mergeMessage(reader, type, value, depth);
  return value;
}

/** Reads fields into `value`, over what it holds; a field that comes again adds to lists, maps and messages. */
function mergeMessage(reader: Reader, type: MessageType<unknown>, value: Record<string, unknown>, depth: number): void {
  if (depth > MAX_DEPTH) throw reader.error(`${type.typeName} is nested too deeply`);
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag >>> 3 === 0) throw reader.error("field number 0");
    const field = findField(type, tag >>> 3);
    if (!field || !readField(reader, field, tag & 7, value, depth)) reader.skip(tag & 7);
  }
}

function findField(type: MessageType<unknown>, number: number): Field | undefined {
  const { fields } = type;
  const guess = fields[number - 1]; // numbers are dense in nearly every message
  if (guess?.number === number) return guess;
  return fields.find((field) => field.number === number);
}

/** Reads one occurrence of a field into `value`; false when its wire type is not ours. */
function readField(
  reader: Reader,
  field: Field,
  wireType: number,
  value: Record<string, unknown>,
  depth: number,
): boolean {
  const expected = field.shape === "map" ? WIRE_BYTES : wireTypeOf(field.type);
  if (field.shape === "many" && wireType === WIRE_BYTES && expected !== WIRE_BYTES) {
    const packed = reader.sub();
    while (!packed.atEnd) (value[field.name] as unknown[]).push(readValue(packed, field.type, depth));
    return true;
  }
  if (wireType !== expected) return false;
  const before = value[field.name];
  if (field.shape === "map") readEntry(reader.sub(), field, before as Record<string, unknown>, depth);
  else if (field.shape === "many") (before as unknown[]).push(readValue(reader, field.type, depth));
  else if (typeof field.type === "object" && before !== undefined) {
    mergeMessage(reader.sub(), field.type, before as Record<string, unknown>, depth + 1);
  } else value[field.name] = readValue(reader, field.type, depth);
  return true;
}

function readEntry(reader: Reader, field: Field, map: Record<string, unknown>, depth: number): void {
  const entry: Record<string, unknown> = {
    key: field.key === "int64" ? 0n : "",
    value: typeof field.type === "object" ? undefined : zeroOf({ ...field, shape: "one" }),
  };
  const [keyField, valueField]: [Field, Field] = [
    { number: 1, name: "key", type: field.key ?? "string", shape: "one" },
    { number: 2, name: "value", type: field.type, shape: "one" },
  ];
  while (!reader.atEnd) {
    const tag = reader.varint();
    const part = tag >>> 3 === 1 ? keyField : tag >>> 3 === 2 ? valueField : undefined;
    if (!part || !readField(reader, part, tag & 7, entry, depth)) reader.skip(tag & 7);
  }
  if (entry["value"] === undefined && typeof field.type === "object") {
    entry["value"] = readMessage(new Reader(new Uint8Array(0)), field.type, depth + 1);
  }
  map[String(entry["key"])] = entry["value"];
}

function readValue(reader: Reader, type: ValueType, depth: number): unknown {
  if (typeof type === "object") return readMessage(reader.sub(), type, depth + 1);
  switch (type) {
    case "string":
      return reader.string();
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.varint64() !== 0n;
    case "int32":
    case "enum":
      return Number(BigInt.asIntN(32, reader.varint64()));
    case "uint32":
      return Number(BigInt.asUintN(32, reader.varint64()));
    case "int64":
      return BigInt.asIntN(64, reader.varint64());
    case "uint64":
      return reader.varint64();
    case "float":
      return reader.float();
    case "double":
      return reader.double();
  }
}
