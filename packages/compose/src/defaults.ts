import { invalidModel } from "./problems.ts";
import { compileRules, Place, type RuleNode } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goType, isMapping } from "./value.ts";

/**
 * Sets what compose-go v2 sets when it is missing (`transform/defaults.go`), as far as a build can see it: the build
 * context is `.`. Where compose-go cannot set the defaults of other parts, this fails in the same words.
 *
 * @throws {Problem} `compose_invalid`
 */
export function setDefaults(model: ComposeMapping): void {
  visit(model, new Place(SETTERS));
}

function visit(value: ComposeValue, place: Place<Setter>): void {
  if (place.rule !== undefined) place.rule(value, place);
  else if (isMapping(value)) for (const [key, item] of value) visitBelow(item, place.at(key));
  else if (Array.isArray(value)) for (const item of value) visitBelow(item, place.at("[]"));
}

function visitBelow(value: ComposeValue, place: Place<Setter> | undefined): void {
  if (place !== undefined) visit(value, place);
}

type Setter = (value: ComposeValue, place: Place<Setter>) => void;

const buildContext: Setter = (value) => {
  if (isMapping(value) && !value.has("context")) value.set("context", ".");
};

const mountedSecret: Setter = (value, place) => {
  if (!isMapping(value)) throw invalidModel(`${place.describe()}: unsupported type ${goType(value)}`);
};

// compose-go names the type that it wanted.
const deviceRequest: Setter = (value, place) => {
  if (!isMapping(value))
    throw invalidModel(`${place.describe()}: invalid type map[string]interface {} for device request`);
};

const volumeBind: Setter = (value, place) => {
  if (!isMapping(value))
    throw invalidModel(`${place.describe()}: invalid type ${goType(value)} for service volume bind`);
};

const SETTERS: RuleNode<Setter> = compileRules<Setter>({
  "services.*.build": buildContext,
  "services.*.secrets.*": mountedSecret,
  "services.*.deploy.resources.reservations.devices.*": deviceRequest,
  "services.*.gpus.*": deviceRequest,
  "services.*.volumes.*.bind": volumeBind,
});
