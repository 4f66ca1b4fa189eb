import { requireText } from "./merge.ts";
import { invalidModel } from "./problems.ts";
import { compileRules, Place } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goPrintAsText, goType, isMapping } from "./value.ts";
import { parseVolume } from "./volume.ts";

/**
 * Keeps one element per key in the lists that are sets or mappings by nature, the last one in the place of the first, as
 * compose-go v2 does (`override/uncity.go`). `model` is changed.
 *
 * @throws {Problem} `compose_invalid`
 */
export function enforceUnique(model: ComposeMapping): void {
  visit(model, new Place(INDEXERS));
}

function visit(value: ComposeValue, place: Place<Indexer>): ComposeValue {
  if (isMapping(value)) {
    for (const [key, item] of value) {
      const below = place.at(key);
      if (below !== undefined) value.set(key, visit(item, below));
    }
    return value;
  }
  const indexer = place.rule;
  if (!Array.isArray(value) || indexer === undefined) return value;
  const byKey = new Map<string, ComposeValue>();
  value.forEach((item, index) => {
    byKey.set(
      indexer(item, () => place.describe(`[${index}]`)),
      item,
    );
  });
  return [...byKey.values()];
}

/** Finds an element's key; `describe` tells its path. */
type Indexer = (item: ComposeValue, describe: () => string) => string;

const byName: Indexer = (item, describe) => {
  if (typeof item !== "string") throw invalidModel(`${describe()}: unexpected type ${goType(item)}`);
  return item.split("=", 1)[0] ?? "";
};

const byVolumeTarget: Indexer = (item, describe) => {
  if (typeof item === "string") return parseVolume(item).target;
  if (!isMapping(item)) return "";
  const target = item.get("target");
  if (typeof target === "string") return target;
  throw invalidModel(`service volume ${describe()} is missing a mount target`);
};

const byDeviceTarget: Indexer = (item, describe) => {
  if (typeof item === "string") {
    const [source = "", target] = item.split(":");
    return target ?? source;
  }
  if (!isMapping(item)) return "";
  const target = item.get("target");
  if (typeof target === "string") return target;
  throw invalidModel(`service device ${describe()} is missing a mount target`);
};

const byExposedPort: Indexer = (item, describe) => {
  if (typeof item === "string" || typeof item === "bigint") return String(item);
  throw invalidModel(`${describe()}: unsupported expose value ${goPrintAsText(item)}`);
};

const byMount =
  (directory: string): Indexer =>
  (item, describe) => {
    if (typeof item === "string") return `${directory}/${item}`;
    if (!isMapping(item)) throw invalidModel(`${describe()}: unsupported expose value ${goPrintAsText(item)}`);
    const target = item.get("target");
    return target === undefined ? `${directory}/${goPrint(item.get("source") ?? null)}` : requireText(target);
  };

const byPort: Indexer = (item, describe) => {
  if (typeof item === "bigint" || typeof item === "string") return String(item);
  if (!isMapping(item)) return "";
  const target = item.get("target");
  if (target === undefined) throw invalidModel(`service ports ${describe()} is missing a target port`);
  const part = (name: string, fallback: string): string => goPrint(item.get(name) ?? fallback);
  return `${part("host_ip", "0.0.0.0")}:${part("published", "")}:${goPrint(target)}/${part("protocol", "tcp")}`;
};

const byEnvFile: Indexer = (item, describe) => {
  if (typeof item === "string") return item;
  if (!isMapping(item)) return "";
  const file = item.get("path");
  if (file === undefined) throw invalidModel(`environment path attribute ${describe()} is missing`);
  return requireText(file);
};

const INDEXERS = compileRules<Indexer>({
  "networks.*.labels": byName,
  "networks.*.ipam.options": byName,
  "services.*.annotations": byName,
  "services.*.build.args": byName,
  "services.*.build.additional_contexts": byName,
  "services.*.build.platform": byName,
  "services.*.build.tags": byName,
  "services.*.build.labels": byName,
  "services.*.cap_add": byName,
  "services.*.cap_drop": byName,
  "services.*.devices": byDeviceTarget,
  "services.*.configs": byMount(""),
  "services.*.deploy.labels": byName,
  "services.*.dns": byName,
  "services.*.dns_opt": byName,
  "services.*.dns_search": byName,
  "services.*.environment": byName,
  "services.*.env_file": byEnvFile,
  "services.*.expose": byExposedPort,
  "services.*.labels": byName,
  "services.*.links": byName,
  "services.*.networks.*.aliases": byName,
  "services.*.networks.*.link_local_ips": byName,
  "services.*.ports": byPort,
  "services.*.profiles": byName,
  "services.*.secrets": byMount("/run/secrets"),
  "services.*.sysctls": byName,
  "services.*.tmpfs": byName,
  "services.*.volumes": byVolumeTarget,
});
