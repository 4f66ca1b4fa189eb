import { messageOf } from "@opendepot/base";
import { CastError, castBoolean, castInteger } from "./interpolate.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goType, isMapping } from "./value.ts";

/** A value that does not fit its type; `mapstructure`, which compose-go uses, names the value's place. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** Reads the entries of one mapping into types and collects what does not fit. */
export class Decoder {
  private readonly mapping: ComposeMapping;
  private readonly place: string;
  private readonly errors: string[];

  /** @param errors where to note what does not fit; shared by all decoders of a model */
  constructor(mapping: ComposeMapping, place: string, errors: string[]) {
    this.mapping = mapping;
    this.place = place;
    this.errors = errors;
  }

  /** The entry read by `decode`, or `fallback` when it is missing, null or does not fit. */
  read<Result>(key: string, decode: (value: ComposeValue) => Result, fallback: Result): Result {
    const value = this.mapping.get(key);
    if (value === undefined || value === null) return fallback;
    return this.attempt(`${this.place}.${key}`, () => decode(value)) ?? fallback;
  }

  text(key: string): string {
    return this.read(key, decodeText, "");
  }

  texts(key: string): readonly string[] {
    return this.read(key, decodeTexts, []);
  }

  flag(key: string): boolean {
    return this.read(key, decodeFlag, false);
  }

  /** A decoder for a mapping below this one, noting errors in the same place. */
  below(key: string, mapping: ComposeMapping): Decoder {
    return new Decoder(mapping, `${this.place}.${key}`, this.errors);
  }

  /** A decoder for each mapping of a list. */
  list<Result>(key: string, decode: (decoder: Decoder) => Result): readonly Result[] {
    const value = this.mapping.get(key);
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) =>
      isMapping(item) ? [decode(new Decoder(item, `${this.place}.${key}[${index}]`, this.errors))] : [],
    );
  }

  private attempt<Result>(place: string, decode: () => Result): Result | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof CastError)) throw error;
      this.errors.push(`'${place}' ${messageOf(error)}`);
      return undefined;
    }
  }
}

function decodeText(value: ComposeValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  throw new DecodeError(`expected type 'string', got unconvertible type '${goType(value)}'`);
}

function decodeTexts(value: ComposeValue): string[] {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) throw new DecodeError(`invalid type ${goType(value)} for string list`);
  return value.map((item) => {
    if (typeof item === "string") return item;
    throw new DecodeError(`invalid type ${goType(value)} for string list`);
  });
}

function decodeFlag(value: ComposeValue): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return castBoolean(value);
  throw new DecodeError(`expected type 'bool', got unconvertible type '${goType(value)}'`);
}

/** `key=value` texts or a mapping; a key without a value is undefined. @throws {DecodeError} */
export function decodeVariables(value: ComposeValue): Map<string, string | undefined> {
  if (isMapping(value))
    return new Map([...value].map(([key, item]) => [key, item === null ? undefined : goPrint(item)]));
  if (!Array.isArray(value)) throw new DecodeError(`unexpected value type ${goType(value)} for mapping`);
  return new Map(
    value.map((item) => {
      const [key, text] = cut(goPrint(item), "=");
      if (/\s$/.test(key)) throw new DecodeError(`environment variable ${key} is declared with a trailing space`);
      return [key, text];
    }),
  );
}

/** `key=value` texts or a mapping; a key without a value is empty. @throws {DecodeError} */
export function decodePairs(value: ComposeValue): Map<string, string> {
  if (isMapping(value)) return new Map([...value].map(([key, item]) => [key, item === null ? "" : goPrint(item)]));
  if (!Array.isArray(value)) throw new DecodeError(`unexpected value type ${goType(value)} for labels`);
  return new Map(
    value.map((item) => {
      const [key, text = ""] = cut(goPrint(item), "=");
      return [key, text];
    }),
  );
}

/** `host=address` or `host:address` texts, or a mapping to one or several addresses. @throws {DecodeError} */
export function decodeHosts(value: ComposeValue): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  if (isMapping(value))
    for (const [host, addresses] of value)
      hosts.set(
        host,
        Array.isArray(addresses) ? addresses.map(goPrint) : [addresses === null ? "" : goPrint(addresses)],
      );
  else if (Array.isArray(value)) for (const item of value) addHost(hosts, goPrint(item));
  else throw new DecodeError(`unexpected value type ${goType(value)} for extra_hosts`);
  for (const [host, addresses] of hosts) {
    if (host === "" || /[:=]/.test(host)) throw new DecodeError(`bad host name '${host}'`);
    hosts.set(
      host,
      addresses.map((address) => address.replace(/^\[(.+)\]$/s, "$1")),
    );
  }
  return hosts;
}

function addHost(hosts: Map<string, string[]>, text: string): void {
  const [host, addresses] = text.includes("=") ? cut(text, "=") : cut(text, ":");
  if (addresses === undefined) throw new DecodeError(`invalid additional host, missing IP: ${text}`);
  hosts.set(host, [...(hosts.get(host) ?? []), ...addresses.split(",")]);
}

/** Octal digits or a number. @throws {DecodeError} */
export function decodeFileMode(value: ComposeValue): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value !== "string") throw new DecodeError(`unexpected value type ${goType(value)} for mode`);
  if (/^[-+]?[0-7]+$/.test(value)) return BigInt(Number.parseInt(value, 8));
  throw new DecodeError(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
}

const UNITS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/** A size in bytes, `64m`, `1.5 GiB`: go-units' `RAMInBytes`. @throws {DecodeError} */
export function decodeSize(value: ComposeValue): bigint {
  if (typeof value === "bigint") return value;
  // compose-go takes numbers with a fraction for no size at all.
  if (typeof value !== "string") return 0n;
  if (/^[-+]?[0-9]+$/.test(value)) return castInteger(value);
  const lastDigit = value.search(/[0-9. ][^0-9. ]*$/);
  if (lastDigit < 0) throw new DecodeError(`invalid size: '${value}'`);
  const number = value.slice(0, value[lastDigit] === " " ? lastDigit : lastDigit + 1);
  const suffix = value.slice(lastDigit + 1).toLowerCase();
  if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(number))
    throw new DecodeError(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  const amount = Number(number);
  if (amount < 0) throw new DecodeError(`invalid size: '${value}'`);
  const unit = /^(?:b|([kmgtp])(?:i?b)?)?$/.exec(suffix);
  if (unit === null)
    throw new DecodeError(`invalid suffix: '${suffix.length > 3 ? value.slice(lastDigit + 1) : suffix}'`);
  return BigInt(Math.trunc(amount * 1024 ** (UNITS[unit[1] ?? ""] ?? 0)));
}

function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
