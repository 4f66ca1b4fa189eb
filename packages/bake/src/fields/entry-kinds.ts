import {
  type Attestation,
  attestationFromMap,
  type CacheEntry,
  cacheEntryFromMap,
  type Output,
  outputFromMap,
  type Policy,
  policyFromMap,
  readAttestation,
  readCacheEntries,
  readOutput,
  readPolicy,
} from "@opendepot/buildflags";
import {
  bigFloatText,
  convert,
  encodeJson,
  listType,
  listValue,
  mapType,
  mapValue,
  mismatchMessage,
  PathError,
  stringType,
  stringValue,
  type Value,
} from "@opendepot/hcl";
import { entriesOf, type FieldKind, nullRefused, readText, textOf, textsOf } from "./field-kind.ts";

const textMap = mapType(stringType);
const entryList = listType(textMap);

/** A list of entries, each of which is a text in a small language or a map. */
function entryKind<Entry>(
  readEntry: (entry: Value) => readonly Entry[],
  attributesOf: (entry: Entry) => ReadonlyMap<string, string>,
): FieldKind<readonly Entry[]> {
  return {
    type: entryList,
    read: (value) => entriesOf(value, entryList).flatMap((entry) => readText(() => readEntry(entry))),
    write: (field) =>
      listValue(
        (field ?? []).map((entry) => textMapValue(attributesOf(entry))),
        textMap,
      ),
  };
}

function textMapValue(texts: ReadonlyMap<string, string>): Value {
  const entries = [...texts].map(([key, text]): [string, Value] => [key, stringValue(text)]);
  return mapValue(entries, stringType);
}

function isText(value: Value): boolean {
  return value.type.kind === "string";
}

/** `output` */
export const outputsKind: FieldKind<readonly Output[]> = entryKind<Output>(
  (entry) => [isText(entry) ? readOutput(textOf(entry)) : outputFromMap(textsOf(convert(entry, textMap)))],
  ({ type, dest, attributes }) => new Map([...attributes, ["type", type], ["dest", dest]]),
);

/** `cache-from` and `cache-to` */
export const cachesKind: FieldKind<readonly CacheEntry[]> = entryKind<CacheEntry>(
  (entry) => {
    if (isText(entry)) return readCacheEntries([textOf(entry)]);
    return [cacheEntryFromMap(textsOf(convert(entry, textMap)), encodeJson(entry))];
  },
  ({ type, attributes }) => new Map([...attributes, ["type", type]]),
);

/** `attest` */
export const attestationsKind: FieldKind<readonly Attestation[]> = entryKind<Attestation>(
  (entry) => [isText(entry) ? readAttestation(textOf(entry)) : attestationFromMap(textsOf(convert(entry, textMap)))],
  ({ type, isDisabled, attributes }) => {
    return new Map([...attributes, ["type", type], ...(isDisabled ? [["disabled", "true"] as const] : [])]);
  },
);

/** `policy` */
export const policiesKind: FieldKind<readonly Policy[]> = entryKind<Policy>(
  (entry) => [isText(entry) ? readPolicy(textOf(entry)) : policyFromMap(policyFields(entry))],
  (policy) => {
    const fields = new Map<string, string>();
    if (policy.files[0] !== undefined) fields.set("filename", policy.files[0]);
    if (policy.isReset) fields.set("reset", "true");
    if (policy.isDisabled) fields.set("disabled", "true");
    if (policy.isStrict !== undefined) fields.set("strict", String(policy.isStrict));
    if (policy.logLevel !== undefined) fields.set("log-level", policy.logLevel);
    return fields;
  },
);

function policyFields(entry: Value): Map<string, string> {
  if (entry.isNull) throw nullRefused();
  if (entry.type.kind !== "object" && entry.type.kind !== "map")
    throw new PathError(mismatchMessage(entry.type, textMap));
  const present = [...entry.asMap()].filter(([, field]) => !field.isNull && field.isKnown);
  return new Map(present.map(([key, field]) => [key, policyField(field)]));
}

function policyField(field: Value): string {
  switch (field.type.kind) {
    case "string":
      return field.asString();
    case "bool":
      return String(field.asBool());
    case "number":
      return bigFloatText(field.asNumber());
    default:
      throw new PathError(mismatchMessage(field.type, stringType));
  }
}
