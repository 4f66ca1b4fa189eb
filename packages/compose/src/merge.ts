import { invalidModel } from "./problems.ts";
import { compileRules, formatPath, type TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, compareText, goPrint, goType, isMapping } from "./value.ts";

/**
 * Lays one model over another as compose-go v2 does (`override/merge.go`): mappings merge by key, lists are joined, other
 * values are replaced, and some attributes have rules of their own. `base` is changed and returned.
 *
 * @throws {Problem} `compose_invalid` for kinds that cannot be merged
 */
export function mergeModels(base: ComposeMapping, over: ComposeMapping): ComposeMapping {
  return mergeMappings(base, over, []);
}

/** Lays a service over the one that it extends. `base` is changed and returned. @throws {Problem} `compose_invalid` */
export function extendService(base: ComposeMapping, over: ComposeMapping): ComposeMapping {
  return mergeMappings(base, over, ["services", "x"]);
}

/** Lays one value over another at a place of the model. @throws {Problem} `compose_invalid` */
export function mergeValues(base: ComposeValue, over: ComposeValue, path: TreePath): ComposeValue {
  const special = SPECIALS.find(path);
  if (special !== undefined) return special(base, over, path);
  if (over === null) return base;
  if (isMapping(base)) {
    if (!isMapping(over)) throw invalidModel(`cannot override ${formatPath(path)}`);
    return mergeMappings(base, over, path);
  }
  if (!Array.isArray(base)) return over;
  if (!Array.isArray(over)) throw invalidModel(`cannot override ${formatPath(path)}`);
  return [...base, ...over];
}

function mergeMappings(base: ComposeMapping, over: ComposeMapping, path: TreePath): ComposeMapping {
  for (const [key, value] of over) {
    const existing = base.get(key);
    base.set(key, existing === undefined ? value : mergeValues(existing, value, [...path, key]));
  }
  return base;
}

type Merger = (base: ComposeValue, over: ComposeValue, path: TreePath) => ComposeValue;

const replace: Merger = (_base, over) => over;

const joinLists: Merger = (base, over) => [...toList(base), ...toList(over)];

const joinHosts: Merger = (base, over) => {
  const list = toList(base);
  return [...list, ...toList(over).filter((host) => !list.includes(host))];
};

const mergeBuild: Merger = (base, over, path) => {
  const section = toBuild(over);
  // compose-go stops with Go's own error here.
  if (section.size > 0 && !isMapping(base) && typeof base !== "string")
    throw invalidModel("assignment to entry in nil map");
  return mergeMappings(toBuild(base), section, path);
};

const mergeLogging: Merger = (base, over, path) => {
  requireMapping(base);
  requireMapping(over);
  const [driver, newDriver] = [base.get("driver"), over.get("driver")];
  const isSame = driver === newDriver || driver === undefined || newDriver === undefined;
  return isSame ? mergeMappings(base, over, path) : over;
};

const mergeDependsOn: Merger = (base, over, path) => {
  const condition = (): ComposeValue =>
    new Map<string, ComposeValue>([
      ["condition", "service_started"],
      ["required", true],
    ]);
  return mergeMappings(toMapping(base, condition), toMapping(over, condition), path);
};

const mergeNames: Merger = (base, over, path) =>
  mergeMappings(
    toMapping(base, () => null),
    toMapping(over, () => null),
    path,
  );

const mergeIpamConfig: Merger = (base, over, path) => {
  for (const value of [base, over])
    if (!Array.isArray(value)) throw invalidModel(`${formatPath(path)}: unexpected type ${goType(base)}`);
  const pools: ComposeMapping[] = [];
  for (const original of toList(base)) {
    const right = toMapping(original, () => null);
    for (const override of toList(over)) mergePool(pools, { right, left: toMapping(override, () => null), path });
  }
  return pools;
};

function mergePool(
  pools: ComposeMapping[],
  { right, left, path }: { right: ComposeMapping; left: ComposeMapping; path: TreePath },
): void {
  const indexOf = (pool: ComposeMapping): number =>
    pools.findIndex((known) => known.get("subnet") === pool.get("subnet"));
  if (left.get("subnet") !== right.get("subnet") && indexOf(left) < 0) {
    pools.push(left);
    return;
  }
  const merged = mergeMappings(right, left, path);
  const index = indexOf(merged);
  if (index < 0) pools.push(merged);
  else pools[index] = merged;
}

const SPECIALS = compileRules<Merger>({
  "networks.*.ipam.config": mergeIpamConfig,
  "networks.*.labels": joinLists,
  "volumes.*.labels": joinLists,
  "services.*.annotations": joinLists,
  "services.*.build": mergeBuild,
  "services.*.build.args": joinLists,
  "services.*.build.additional_contexts": joinLists,
  "services.*.build.extra_hosts": joinHosts,
  "services.*.build.labels": joinLists,
  "services.*.command": replace,
  "services.*.depends_on": mergeDependsOn,
  "services.*.deploy.labels": joinLists,
  "services.*.dns": joinLists,
  "services.*.dns_opt": joinLists,
  "services.*.dns_search": joinLists,
  "services.*.entrypoint": replace,
  "services.*.env_file": joinLists,
  "services.*.label_file": joinLists,
  "services.*.environment": joinLists,
  "services.*.extra_hosts": joinHosts,
  "services.*.healthcheck.test": replace,
  "services.*.labels": joinLists,
  "services.*.volumes.*.volume.labels": joinLists,
  "services.*.logging": mergeLogging,
  "services.*.models": mergeNames,
  "services.*.networks": mergeNames,
  "services.*.sysctls": joinLists,
  "services.*.tmpfs": joinLists,
  "services.*.ulimits.*": replace,
});

/** A list as it is; a mapping as `key=value` texts in the order of the keys. */
function toList(value: ComposeValue): ComposeValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [value];
  if (!isMapping(value)) return [];
  const texts = [...value].flatMap(([key, item]) => {
    if (item === null) return [key];
    return Array.isArray(item) ? item.map((one) => `${key}=${goPrint(one)}`) : [`${key}=${goPrint(item)}`];
  });
  return texts.sort(compareText);
}

function toMapping(value: ComposeValue, makeValue: () => ComposeValue): ComposeMapping {
  if (isMapping(value)) return value;
  const names = Array.isArray(value) ? value : [];
  return new Map(names.map((name) => [requireText(name), makeValue()]));
}

function toBuild(value: ComposeValue): ComposeMapping {
  if (isMapping(value)) return value;
  return typeof value === "string" ? new Map<string, ComposeValue>([["context", value]]) : new Map();
}

/** A mapping where compose-go takes one for granted and stops with Go's own error. @throws {Problem} `compose_invalid` */
export function requireMapping(value: ComposeValue): asserts value is ComposeMapping {
  if (!isMapping(value)) throw conversionFailure(value, "map[string]interface {}");
}

function conversionFailure(value: ComposeValue | undefined, wanted: string): Error {
  const found = goType(value).replace("<nil>", "nil");
  return invalidModel(`interface conversion: interface {} is ${found}, not ${wanted}`);
}

/** A text where compose-go takes one for granted and stops with Go's own error. @throws {Problem} `compose_invalid` */
export function requireText(value: ComposeValue | undefined): string {
  if (typeof value === "string") return value;
  throw conversionFailure(value, "string");
}
