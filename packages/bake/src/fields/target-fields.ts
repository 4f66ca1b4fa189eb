import { objectValue, stringValue, type Value } from "@opendepot/hcl";
import type { Group, Target, TargetFields } from "../model/target.ts";
import { attestationsKind, cachesKind, outputsKind, policiesKind } from "./entry-kinds.ts";
import type { FieldKind } from "./field-kind.ts";
import { flagKind, nullableTextMapKind, requiredTextKind, textKind, textMapKind, textsKind } from "./plain-kinds.ts";
import { resourcesKind, secretsKind, sshAgentsKind } from "./source-kinds.ts";

type KindsOf<Fields> = { readonly [Name in keyof Fields]-?: FieldKind<NonNullable<Fields[Name]>> };

/** The kind of each attribute of a target block. */
export const TARGET_KINDS: KindsOf<TargetFields & Pick<Target, "description">> = {
  description: requiredTextKind,
  inherits: textsKind,
  annotations: textsKind,
  attest: attestationsKind,
  context: textKind,
  contexts: textMapKind,
  dockerfile: textKind,
  "dockerfile-inline": textKind,
  args: nullableTextMapKind,
  labels: nullableTextMapKind,
  tags: textsKind,
  "cache-from": cachesKind,
  "cache-to": cachesKind,
  target: textKind,
  secret: secretsKind,
  ssh: sshAgentsKind,
  platforms: textsKind,
  output: outputsKind,
  pull: flagKind,
  "no-cache": flagKind,
  network: textKind,
  "no-cache-filter": textsKind,
  "shm-size": textKind,
  ulimits: textsKind,
  resources: resourcesKind,
  call: textKind,
  entitlements: textsKind,
  "extra-hosts": nullableTextMapKind,
  policy: policiesKind,
  project_id: textKind,
};

/** The kind of each attribute of a group block. */
export const GROUP_KINDS: KindsOf<Pick<Group, "description" | "targets">> = {
  description: requiredTextKind,
  targets: textsKind,
};

/** Fields as they are read, before it is known that they are complete. */
export type ReadFields = ReadonlyMap<string, unknown>;

/** The kinds of a block's attributes. */
export function kindsOf(blockType: BlockType): Readonly<Record<string, FieldKind<unknown>>> {
  // Each field is only ever given to the kind that read it.
  return (blockType === "target" ? TARGET_KINDS : GROUP_KINDS) as Readonly<Record<string, FieldKind<unknown>>>;
}

/** The blocks that define something to build. */
export type BlockType = "group" | "target";

/** What `target.NAME` and `group.NAME` stand for in expressions. */
export function blockValue(blockType: BlockType, name: string, fields: ReadFields): Value {
  const attributes = Object.entries(kindsOf(blockType)).flatMap(([key, kind]): Array<[string, Value]> => {
    // What is not buildx's is there only for those who use it.
    return key === "project_id" && !fields.has(key) ? [] : [[key, kind.write(fields.get(key))]];
  });
  return objectValue([...attributes, ["name", stringValue(name)]]);
}

/** A target of a block's fields. */
export function targetOf(name: string, fields: ReadFields): Target {
  return { description: "", ...(Object.fromEntries(fields) as Partial<Target>), name };
}

/** A group of a block's fields. */
export function groupOf(name: string, fields: ReadFields): Group {
  return { description: "", targets: undefined, ...(Object.fromEntries(fields) as Partial<Group>), name };
}
