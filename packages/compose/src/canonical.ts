import { requireMapping, requireText } from "./merge.ts";
import { readTargetPort } from "./port.ts";
import { invalidModel } from "./problems.ts";
import { compileRules, Place, type RuleNode } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goPrintAsText, goType, isMapping } from "./value.ts";
import { volumeMapping } from "./volume.ts";

/**
 * Brings all short forms of a model into their long forms, as compose-go v2 does (`transform/canonical.go`). `model` is
 * changed.
 *
 * @throws {Problem} `compose_invalid` with the path of the value
 */
export function canonicalize(model: ComposeMapping): void {
  transformEntries(model, new Place(TRANSFORMERS));
}

function transform(value: ComposeValue, place: Place<Transformer>): ComposeValue {
  if (place.rule !== undefined) return place.rule(value, place);
  if (isMapping(value)) return transformEntries(value, place);
  return Array.isArray(value) ? transformItems(value, place) : value;
}

function transformEntries(mapping: ComposeMapping, place: Place<Transformer>): ComposeMapping {
  for (const [key, value] of mapping) {
    const below = place.at(key);
    if (below !== undefined) mapping.set(key, transform(value, below));
  }
  return mapping;
}

function transformItems(items: readonly ComposeValue[], place: Place<Transformer>): ComposeValue[] {
  const below = place.at("[]");
  return below === undefined ? [...items] : items.map((item) => transform(item, below));
}

type Transformer = (value: ComposeValue, place: Place<Transformer>) => ComposeValue;

function invalidType(value: ComposeValue, place: Place<Transformer>, purpose = ""): Error {
  return invalidModel(`${place.describe()}: invalid type ${goType(value)}${purpose}`);
}

const service: Transformer = (value, place) => (isMapping(value) ? transformEntries(value, place) : value);

const build: Transformer = (value, place) => {
  if (isMapping(value)) return transformEntries(value, place);
  if (typeof value === "string") return new Map([["context", value]]);
  throw invalidType(value, place, " for build");
};

const fileMount: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return new Map([["source", value]]);
  throw invalidModel(`${place.describe()}: unsupported type ${goType(value)}`);
};

const printed: Transformer = (value) => goPrint(value);

const keyValue: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw invalidType(value, place);
  return new Map(
    value.map((item) => {
      const text = requireText(item);
      const equals = text.indexOf("=");
      if (equals < 0) throw invalidModel(`${place.describe()}: invalid value ${text}, expected key=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
};

const dependsOn: Transformer = (value, place) => {
  if (Array.isArray(value)) {
    const started = (): ComposeMapping =>
      new Map<string, ComposeValue>([
        ["condition", "service_started"],
        ["required", true],
      ]);
    return new Map(value.map((name) => [requireText(name), started()]));
  }
  if (!isMapping(value)) throw invalidType(value, place, " for depend_on");
  for (const [name, condition] of value) {
    if (!isMapping(condition))
      throw invalidModel(`${place.describe()}.${name}: unsupported value ${goPrintAsText(value)}`);
    if (!condition.has("condition")) condition.set("condition", "service_started");
    if (!condition.has("required")) condition.set("required", true);
  }
  return value;
};

const envFile: Transformer = (value, place) => {
  if (typeof value === "string") return [envFileEntry(value)];
  if (Array.isArray(value)) return value.map(envFileEntry);
  throw invalidType(value, place, " for env_file");
};

function envFileEntry(value: ComposeValue): ComposeValue {
  if (typeof value === "string")
    return new Map<string, ComposeValue>([
      ["path", value],
      ["required", true],
    ]);
  if (!isMapping(value)) return null;
  if (!value.has("required")) value.set("required", true);
  return value;
}

const stringOrList: Transformer = (value) => (typeof value === "string" ? [value] : value);

const serviceReference: Transformer = (value, place) => {
  if (isMapping(value)) return transformEntries(value, place);
  if (typeof value === "string") return new Map([["service", value]]);
  throw invalidType(value, place, " for extends");
};

const gpus: Transformer = (value, place) => {
  if (Array.isArray(value)) return transformItems(value, place);
  if (typeof value === "string") return [new Map([["count", "all"]])];
  throw invalidType(value, place, " for gpus");
};

const namesToMapping: Transformer = (value) =>
  Array.isArray(value) ? new Map(value.map((name) => [requireText(name), null])) : value;

const volumeMount: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return volumeMapping(value);
  throw invalidType(value, place, " for service volume mount");
};

const device: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (typeof value !== "string") throw invalidType(value, place, " for service volume mount");
  const [source = "", target = "", permissions = "rwm", ...rest] = value.split(":");
  if (rest.length > 0) throw invalidModel(`confusing device mapping, please use long syntax: ${value}`);
  return new Map([
    ["source", source],
    ["target", target === "" ? source : target],
    ["permissions", permissions],
  ]);
};

const ports: Transformer = (value, place) => {
  if (!Array.isArray(value)) throw invalidType(value, place, " for port");
  return value.map((port) => {
    if (isMapping(port)) return port;
    if (typeof port !== "bigint" && typeof port !== "string") throw invalidType(port, place, " for port");
    // compose-go loses a target of zero when it writes a port out.
    return readTargetPort(String(port)) === 0 ? new Map([["mode", "ingress"]]) : port;
  });
};

const ssh: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw invalidType(value, place, " for ssh");
  return new Map(
    value.map((key) => {
      if (typeof key !== "string") throw invalidModel(`invalid ssh key type ${goType(key)}`);
      const equals = key.indexOf("=");
      if (equals >= 0) return [key.slice(0, equals), key.slice(equals + 1)];
      if (key !== "default") throw invalidModel(`invalid ssh key ${JSON.stringify(key)}`);
      return [key, null];
    }),
  );
};

const ulimit: Transformer = (value, place) => {
  if (isMapping(value) || typeof value === "bigint") return value;
  throw invalidType(value, place, " for external");
};

const maybeExternal: Transformer = (value, place) => {
  if (value === null) return null;
  requireMapping(value);
  transformEntries(value, place);
  const external = value.get("external");
  if (!isMapping(external)) return value;
  value.set("external", true);
  const name = external.get("name");
  if (name === undefined) return value;
  if (value.has("name") && value.get("name") !== name)
    throw invalidModel(`${place.describe()}: name and external.name conflict; only use name`);
  if (!value.has("name")) value.set("name", name);
  return value;
};

const include: Transformer = (value, place) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return new Map([["path", value]]);
  throw invalidType(value, place, " for external");
};

const TRANSFORMERS: RuleNode<Transformer> = compileRules<Transformer>({
  "services.*": service,
  "services.*.build": build,
  "services.*.build.secrets.*": fileMount,
  "services.*.build.provenance": printed,
  "services.*.build.sbom": printed,
  "services.*.build.additional_contexts": keyValue,
  "services.*.build.ssh": ssh,
  "services.*.build.ulimits.*": ulimit,
  "services.*.depends_on": dependsOn,
  "services.*.env_file": envFile,
  "services.*.label_file": stringOrList,
  "services.*.extends": serviceReference,
  "services.*.gpus": gpus,
  "services.*.networks": namesToMapping,
  "services.*.models": namesToMapping,
  "services.*.volumes.*": volumeMount,
  "services.*.dns": stringOrList,
  "services.*.devices.*": device,
  "services.*.secrets.*": fileMount,
  "services.*.configs.*": fileMount,
  "services.*.ports": ports,
  "services.*.ulimits.*": ulimit,
  "services.*.develop.watch.*.ignore": stringOrList,
  "services.*.develop.watch.*.include": stringOrList,
  "volumes.*": maybeExternal,
  "networks.*": maybeExternal,
  "secrets.*": maybeExternal,
  "configs.*": maybeExternal,
  "include.*": include,
});
