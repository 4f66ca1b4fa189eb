import {
  attestationToJson,
  cacheEntryToJson,
  type OrderedJson,
  outputToJson,
  policyToJson,
  resourcesToJson,
  secretToJson,
  sortedEntries,
  sshAgentToJson,
} from "@opendepot/buildflags";
import { formatJson } from "../text/json-text.ts";
import type { Group, NullableTexts, Target } from "./target.ts";

/** Targets and groups under their names. */
export interface Printable {
  readonly groups: ReadonlyMap<string, Group>;
  readonly targets: ReadonlyMap<string, Target>;
}

/** What `bake --print` writes to stdout, with its last newline: the same bytes as buildx v0.36. */
export function printDefinition({ groups, targets }: Printable): string {
  const parts: Array<[string, OrderedJson]> = [];
  if (groups.size > 0) parts.push(["group", mapSorted(groups, groupToJson)]);
  parts.push(["target", mapSorted(targets, targetToJson)]);
  return `${formatJson(new Map(parts))}\n`;
}

function mapSorted<Value>(map: ReadonlyMap<string, Value>, toJson: (value: Value) => OrderedJson): OrderedJson {
  return new Map(sortedEntries(map).map(([name, value]) => [name, toJson(value)]));
}

function groupToJson({ description, targets }: Group): OrderedJson {
  return new Map<string, OrderedJson>([...present("description", description), ["targets", targets ?? null]]);
}

/** A target as JSON, fields in buildx's order; `project_id` comes last. */
export function targetToJson(target: Target): OrderedJson {
  return new Map<string, OrderedJson>([
    ...present("description", target.description),
    ...present("inherits", target.inherits),
    ...present("annotations", target.annotations?.map(escapeTemplates)),
    ...present("attest", target.attest?.map(attestationToJson)),
    ...optional("context", target.context),
    ...present("contexts", target.contexts && new Map(sortedEntries(target.contexts))),
    ...optional("dockerfile", target.dockerfile),
    ...optional("dockerfile-inline", target["dockerfile-inline"] && escapeTemplates(target["dockerfile-inline"])),
    ...present("args", textsToJson(target.args)),
    ...present("labels", textsToJson(target.labels)),
    ...present("tags", target.tags),
    ...present("cache-from", target["cache-from"]?.map(cacheEntryToJson)),
    ...present("cache-to", target["cache-to"]?.map(cacheEntryToJson)),
    ...optional("target", target.target),
    ...present("secret", target.secret?.map(secretToJson)),
    ...present("ssh", target.ssh?.map(sshAgentToJson)),
    ...present("platforms", target.platforms),
    ...present("output", target.output?.map(outputToJson)),
    ...optional("pull", target.pull),
    ...optional("no-cache", target["no-cache"]),
    ...optional("network", target.network),
    ...present("no-cache-filter", target["no-cache-filter"]),
    ...optional("shm-size", target["shm-size"]),
    ...present("ulimits", target.ulimits),
    ...optional("resources", target.resources && resourcesToJson(target.resources)),
    ...optional("call", target.call),
    ...present("entitlements", target.entitlements),
    ...present("extra-hosts", textsToJson(target["extra-hosts"])),
    ...present("policy", target.policy?.map(policyToJson)),
    ...present("project_id", target.project_id),
  ]);
}

/** A field that is left out when it is not set. */
function optional(name: string, value: OrderedJson | undefined): Array<[string, OrderedJson]> {
  return value === undefined ? [] : [[name, value]];
}

/** A field that is left out when it is not set or empty. */
function present(name: string, value: OrderedJson | undefined): Array<[string, OrderedJson]> {
  const isEmpty =
    value === "" || (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);
  return isEmpty ? [] : optional(name, value);
}

function textsToJson(texts: NullableTexts | undefined): OrderedJson | undefined {
  if (texts === undefined) return undefined;
  return new Map(sortedEntries(texts).map(([key, value]) => [key, value === null ? null : escapeTemplates(value)]));
}

/** Keeps what looks like a template from being one when the output is read back. */
function escapeTemplates(text: string): string {
  return text.replaceAll("${", () => "$${").replaceAll("%{", "%%{");
}
