import { requireText } from "./merge.ts";
import { portMappings } from "./port.ts";
import { invalidModel } from "./problems.ts";
import { formatPath, PathRules, type TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goType, isMapping } from "./value.ts";
import { volumeMapping } from "./volume.ts";

/**
 * Brings all short forms of a model into their long forms, as compose-go v2 does (`transform/canonical.go`). `model` is
 * changed.
 *
 * @throws {Problem} `compose_invalid` with the path of the value
 */
export function canonicalize(model: ComposeMapping): void {
  transformEntries(model, []);
}

function transform(value: ComposeValue, path: TreePath): ComposeValue {
  const transformer = TRANSFORMERS.find(path);
  if (transformer !== undefined) return transformer(value, path);
  if (isMapping(value)) return transformEntries(value, path);
  return Array.isArray(value) ? value.map((item) => transform(item, [...path, "[]"])) : value;
}

function transformEntries(mapping: ComposeMapping, path: TreePath): ComposeMapping {
  for (const [key, value] of mapping) mapping.set(key, transform(value, [...path, key]));
  return mapping;
}

type Transformer = (value: ComposeValue, path: TreePath) => ComposeValue;

function invalidType(value: ComposeValue, path: TreePath, purpose = ""): Error {
  return invalidModel(`${formatPath(path)}: invalid type ${goType(value)}${purpose}`);
}

const service: Transformer = (value, path) => (isMapping(value) ? transformEntries(value, path) : value);

const build: Transformer = (value, path) => {
  if (isMapping(value)) return transformEntries(value, path);
  if (typeof value === "string") return new Map([["context", value]]);
  throw invalidType(value, path, " for build");
};

const fileMount: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return new Map([["source", value]]);
  throw invalidModel(`${formatPath(path)}: unsupported type ${goType(value)}`);
};

const printed: Transformer = (value) => goPrint(value);

const keyValue: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw invalidType(value, path);
  return new Map(
    value.map((item) => {
      const text = requireText(item);
      const equals = text.indexOf("=");
      if (equals < 0) throw invalidModel(`${formatPath(path)}: invalid value ${text}, expected key=value`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
};

const dependsOn: Transformer = (value, path) => {
  if (Array.isArray(value)) {
    const started = (): ComposeMapping =>
      new Map<string, ComposeValue>([
        ["condition", "service_started"],
        ["required", true],
      ]);
    return new Map(value.map((name) => [requireText(name), started()]));
  }
  if (!isMapping(value)) throw invalidType(value, path, " for depend_on");
  for (const [name, condition] of value) {
    if (!isMapping(condition)) throw invalidModel(`${formatPath(path)}.${name}: unsupported value ${goPrint(value)}`);
    if (!condition.has("condition")) condition.set("condition", "service_started");
    if (!condition.has("required")) condition.set("required", true);
  }
  return value;
};

const envFile: Transformer = (value, path) => {
  if (typeof value === "string") return [envFileEntry(value)];
  if (Array.isArray(value)) return value.map(envFileEntry);
  throw invalidType(value, path, " for env_file");
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

const serviceReference: Transformer = (value, path) => {
  if (isMapping(value)) return transformEntries(value, path);
  if (typeof value === "string") return new Map([["service", value]]);
  throw invalidType(value, path, " for extends");
};

const gpus: Transformer = (value, path) => {
  if (Array.isArray(value)) return value.map((item) => transform(item, [...path, "[]"]));
  if (typeof value === "string") return [new Map([["count", "all"]])];
  throw invalidType(value, path, " for gpus");
};

const namesToMapping: Transformer = (value) =>
  Array.isArray(value) ? new Map(value.map((name) => [requireText(name), null])) : value;

const volumeMount: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return volumeMapping(value);
  throw invalidType(value, path, " for service volume mount");
};

const device: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (typeof value !== "string") throw invalidType(value, path, " for service volume mount");
  const [source = "", target = "", permissions = "rwm", ...rest] = value.split(":");
  if (rest.length > 0) throw invalidModel(`confusing device mapping, please use long syntax: ${value}`);
  return new Map([
    ["source", source],
    ["target", target === "" ? source : target],
    ["permissions", permissions],
  ]);
};

const ports: Transformer = (value, path) => {
  if (!Array.isArray(value)) throw invalidType(value, path, " for port");
  return value.flatMap((port): ComposeValue[] => {
    if (typeof port === "bigint") return portMappings(String(port));
    if (typeof port === "string") return portMappings(port);
    if (isMapping(port)) return [port];
    throw invalidType(port, path, " for port");
  });
};

const ssh: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw invalidType(value, path, " for ssh");
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

const ulimit: Transformer = (value, path) => {
  if (isMapping(value) || typeof value === "bigint") return value;
  throw invalidType(value, path, " for external");
};

const maybeExternal: Transformer = (value, path) => {
  if (value === null) return null;
  if (!isMapping(value))
    throw invalidModel(`interface conversion: interface {} is ${goType(value)}, not map[string]interface {}`);
  transformEntries(value, path);
  const external = value.get("external");
  if (!isMapping(external)) return value;
  value.set("external", true);
  const name = external.get("name");
  if (name === undefined) return value;
  if (value.has("name") && value.get("name") !== name)
    throw invalidModel(`${formatPath(path)}: name and external.name conflict; only use name`);
  if (!value.has("name")) value.set("name", name);
  return value;
};

const include: Transformer = (value, path) => {
  if (isMapping(value)) return value;
  if (typeof value === "string") return new Map([["path", value]]);
  throw invalidType(value, path, " for external");
};

const TRANSFORMERS = new PathRules<Transformer>({
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

/**
 * Sets what compose-go v2 sets when it is missing (`transform/defaults.go`), as far as a build can see it: the build
 * context is `.`.
 *
 * @throws {Problem} `compose_invalid`
 */
export function setDefaults(model: ComposeMapping): void {
  const services = model.get("services");
  if (!isMapping(services)) return;
  for (const [name, config] of services) {
    if (!isMapping(config)) continue;
    const section = config.get("build");
    if (isMapping(section) && !section.has("context")) section.set("context", ".");
    checkItems(config.get("secrets"), (item) => {
      if (!isMapping(item)) throw invalidModel(`services.${name}.secrets.[]: unsupported type ${goType(item)}`);
    });
  }
}

function checkItems(value: ComposeValue | undefined, check: (item: ComposeValue) => void): void {
  if (Array.isArray(value)) value.forEach(check);
}
