import {
  isNumericResource,
  RESOURCE_NAMES,
  type ResourceName,
  type Resources,
  readSecret,
  readSshAgent,
  type SecretSource,
  type SshAgent,
} from "@opendepot/buildflags";
import {
  convert,
  listType,
  listValue,
  nullValue,
  numberType,
  numberValue,
  objectType,
  objectValue,
  PathError,
  stringType,
  stringValue,
  type Value,
} from "@opendepot/hcl";
import { entriesOf, type FieldKind, nullRefused, readText, textOf } from "./field-kind.ts";

const secretNames = ["id", "src", "env"] as const;
const secretType = objectType(
  secretNames.map((name) => [name, stringType]),
  secretNames,
);
const sshType = objectType(
  [
    ["id", stringType],
    ["paths", listType(stringType)],
  ],
  ["id", "paths"],
);

/** `secret` */
export const secretsKind: FieldKind<readonly SecretSource[]> = {
  type: listType(secretType),
  read: (value) => {
    return entriesOf(value, listType(secretType)).map((entry) => {
      if (entry.type.kind === "string") return readText(() => readSecret(textOf(entry)));
      const fields = attributesOf(convert(entry, secretType));
      return { id: fieldText(fields, "id"), src: fieldText(fields, "src"), env: fieldText(fields, "env") };
    });
  },
  write: (field) => {
    const values = (field ?? []).map((secret) => objectValue(secretNames.map((n) => [n, stringValue(secret[n])])));
    return listValue(values, objectType(secretNames.map((name) => [name, stringType])));
  },
};

/** `ssh` */
export const sshAgentsKind: FieldKind<readonly SshAgent[]> = {
  type: listType(sshType),
  read: (value) => {
    return entriesOf(value, listType(sshType)).map((entry) => {
      if (entry.type.kind === "string") return readSshAgent(textOf(entry));
      const fields = attributesOf(convert(entry, sshType));
      const paths = fields.get("paths");
      return { id: fieldText(fields, "id"), paths: paths && !paths.isNull ? paths.asElements().map(textOf) : [] };
    });
  },
  write: (field) => {
    const values = (field ?? []).map(({ id, paths }) =>
      objectValue([
        ["id", stringValue(id)],
        ["paths", listValue(paths.map(stringValue), stringType)],
      ]),
    );
    return listValue(values, objectType([...sshType.attributes]));
  },
};

function attributesOf(value: Value): ReadonlyMap<string, Value> {
  if (value.isNull) throw nullRefused();
  return value.asMap();
}

function fieldText(fields: ReadonlyMap<string, Value>, name: string): string {
  const field = fields.get(name);
  return field === undefined || field.isNull || !field.isKnown ? "" : field.asString();
}

const resourceType = (name: ResourceName) => (isNumericResource(name) ? numberType : stringType);
const resourcesType = objectType(
  RESOURCE_NAMES.map((name) => [name, resourceType(name)]),
  RESOURCE_NAMES,
);

/** `resources` */
export const resourcesKind: FieldKind<Resources> = {
  type: resourcesType,
  read: (value) => {
    const converted = convert(value, resourcesType);
    if (!converted.isKnown) throw new PathError("value must be known");
    const fields = attributesOf(converted);
    const present = RESOURCE_NAMES.flatMap((name): Array<[ResourceName, string | bigint]> => {
      const field = fields.get(name);
      return field === undefined || field.isNull || !field.isKnown ? [] : [[name, readResource(name, field)]];
    });
    return new Map(present);
  },
  write: (field) => {
    const plain = objectType([...resourcesType.attributes]);
    if (field === undefined) return nullValue(plain);
    return objectValue(RESOURCE_NAMES.map((name) => [name, resourceValue(name, field.get(name))]));
  },
};

function readResource(name: ResourceName, field: Value): string | bigint {
  if (!isNumericResource(name)) return field.asString();
  const number = field.asNumber();
  const integer = number.isInteger ? number.truncate() : undefined;
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) return integer;
  throw new PathError("value must be a whole number, between -9223372036854775808 and 9223372036854775807");
}

function resourceValue(name: ResourceName, resource: string | bigint | undefined): Value {
  if (resource === undefined) return nullValue(resourceType(name));
  return typeof resource === "string" ? stringValue(resource) : numberValue(resource);
}
