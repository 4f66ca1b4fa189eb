import { invalidModel } from "./problems.ts";
import { formatPath, PathRules, type TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goType, isMapping } from "./value.ts";

/**
 * Sets what compose-go v2 sets when it is missing (`transform/defaults.go`), as far as a build can see it: the build
 * context is `.`. Where compose-go cannot set the defaults of other parts, this fails in the same words.
 *
 * @throws {Problem} `compose_invalid`
 */
export function setDefaults(model: ComposeMapping): void {
  visit(model, []);
}

function visit(value: ComposeValue, path: TreePath): void {
  const setter = SETTERS.find(path);
  if (setter !== undefined) setter(value, path);
  else if (isMapping(value)) for (const [key, item] of value) visit(item, [...path, key]);
  else if (Array.isArray(value)) for (const item of value) visit(item, [...path, "[]"]);
}

type Setter = (value: ComposeValue, path: TreePath) => void;

const buildContext: Setter = (value) => {
  if (isMapping(value) && !value.has("context")) value.set("context", ".");
};

const mountedSecret: Setter = (value, path) => {
  if (!isMapping(value)) throw invalidModel(`${formatPath(path)}: unsupported type ${goType(value)}`);
};

// compose-go names the type that it wanted.
const deviceRequest: Setter = (value, path) => {
  if (!isMapping(value))
    throw invalidModel(`${formatPath(path)}: invalid type map[string]interface {} for device request`);
};

const volumeBind: Setter = (value, path) => {
  if (!isMapping(value))
    throw invalidModel(`${formatPath(path)}: invalid type ${goType(value)} for service volume bind`);
};

const SETTERS = new PathRules<Setter>({
  "services.*.build": buildContext,
  "services.*.secrets.*": mountedSecret,
  "services.*.deploy.resources.reservations.devices.*": deviceRequest,
  "services.*.gpus.*": deviceRequest,
  "services.*.volumes.*.bind": volumeBind,
});
