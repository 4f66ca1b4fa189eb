import { BUILD_MODEL } from "./build-rules.ts";
import { checkConsistency } from "./consistency.ts";
import { decodeBuild, decodeSecret, extensionsOf } from "./decode-build.ts";
import { Decoder } from "./decode-value.ts";
import { decodeFailure } from "./include.ts";
import { loadModel, projectNameOf } from "./load-model.ts";
import type { ComposeFile, Environment, LoadComposeOptions, LoadScope } from "./load-options.ts";
import { composeProblem, invalidModel } from "./problems.ts";
import type { ComposeProject, ComposeSecret, ComposeService } from "./project.ts";
import { findSchemaFailure } from "./schema.ts";
import { type DeclaredEnvironment, decodeEnvironment, resolveServiceEnvironment } from "./service-environment.ts";
import { type ComposeMapping, isMapping } from "./value.ts";

/**
 * Loads compose files, one over the other, into what they say about building: YAML, variables, `include`, `extends`,
 * merging, short forms, checks. Mirrors compose-go v2.13 as buildx v0.36 calls it (`bake/compose.go`): only what a build
 * depends on is checked, other attributes may say anything that can be read.
 *
 * Reads no file but through `options.readFile`.
 *
 * @throws {Problem} a {@link ComposeProblemCode}; the message is compose-go's
 */
export function loadComposeProject(files: readonly ComposeFile[], options: LoadComposeOptions): ComposeProject {
  if (files.length === 0) throw invalidModel("no compose file specified");
  const { name, scope } = openScope(files, options);
  const model = loadModel(files, scope);
  if (model.size === 0) throw emptyFile();
  const services = selectServices(model, options);
  checkModel(services, model);
  const bound = bindModel(services, model);
  if (options.skipConsistencyCheck !== true) checkConsistency({ services: servicesOf(bound), secrets: bound.secrets });
  const { environment } = scope;
  return { name, environment, secrets: bound.secrets, services: resolveServices(bound, environment, options) };
}

/** The project's name is a variable of its files, and may use their variables itself. */
function openScope(files: readonly ComposeFile[], options: LoadComposeOptions): { name: string; scope: LoadScope } {
  const scope: LoadScope = {
    options,
    environment: options.environment,
    workingDir: "",
    resourceDir: "",
    included: [],
  };
  const name = projectNameOf(files, scope) || (options.projectName ?? "bake");
  const environment: Environment = new Map([...options.environment, ["COMPOSE_PROJECT_NAME", name]]);
  return { name, scope: { ...scope, environment } };
}

function emptyFile(): Error {
  return composeProblem("compose_invalid", "empty compose file", { hint: "a compose file needs services" });
}

/** The services whose profile is on, with the attributes that matter. */
function selectServices(model: ComposeMapping, options: LoadComposeOptions): Map<string, ComposeMapping> {
  const services = model.get("services");
  const selected = new Map<string, ComposeMapping>();
  if (!isMapping(services)) return selected;
  for (const [name, service] of services) {
    if (service === null) selected.set(name, new Map());
    else if (isMapping(service) && isEnabled(service, options.profiles ?? ["*"])) selected.set(name, service);
  }
  return selected;
}

function isEnabled(service: ComposeMapping, profiles: readonly string[]): boolean {
  const own = service.get("profiles");
  if (profiles.includes("*") || !Array.isArray(own) || own.length === 0) return true;
  return own.some((profile) => typeof profile === "string" && profiles.includes(profile));
}

function checkModel(services: Map<string, ComposeMapping>, model: ComposeMapping): void {
  const checked: ComposeMapping = new Map();
  if (isMapping(model.get("services")))
    checked.set("services", new Map([...services].map(([name, service]) => [name, keepChecked(service)])));
  const secrets = model.get("secrets");
  if (secrets !== undefined) checked.set("secrets", secrets);
  if (checked.size === 0) throw emptyFile();
  const failure = findSchemaFailure(checked, BUILD_MODEL);
  if (failure !== undefined) throw invalidModel(failure);
}

const CHECKED_KEYS = ["image", "build", "environment", "env_file"];

/** Other attributes may say anything. */
function keepChecked(service: ComposeMapping): ComposeMapping {
  return new Map([...service].filter(([key]) => CHECKED_KEYS.includes(key)));
}

/** A service and what its environment still needs. */
interface BoundService {
  readonly service: ComposeService;
  readonly declared: DeclaredEnvironment;
}

interface BoundModel {
  readonly services: ReadonlyMap<string, BoundService>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
}

/** Gives the model its types; all that does not fit is told at once. */
function bindModel(sections: ReadonlyMap<string, ComposeMapping>, model: ComposeMapping): BoundModel {
  const errors: string[] = [];
  const services = new Map<string, BoundService>();
  for (const [name, section] of sections) services.set(name, bindService(name, section, errors));
  const secrets = new Map<string, ComposeSecret>();
  const secretSections = model.get("secrets");
  for (const [name, section] of isMapping(secretSections) ? secretSections : [])
    if (isMapping(section)) secrets.set(name, decodeSecret(section, new Decoder(section, `secrets[${name}]`, errors)));
  if (errors.length > 0) throw decodeFailure(errors);
  return { services, secrets };
}

function bindService(name: string, section: ComposeMapping, errors: string[]): BoundService {
  const decoder = new Decoder(section, `services[${name}]`, errors);
  const buildSection = section.get("build");
  const build = isMapping(buildSection) ? decodeBuild(buildSection, decoder.below("build", buildSection)) : undefined;
  const declared = decodeEnvironment(decoder);
  const image = decoder.text("image");
  const service = { name, image, build, environment: declared.variables, extensions: extensionsOf(section) };
  return { service, declared };
}

function servicesOf({ services }: BoundModel): ReadonlyMap<string, ComposeService> {
  return new Map([...services].map(([name, { service }]) => [name, service]));
}

/** Environment files are read last, when all else is known to be right. */
function resolveServices(
  { services }: BoundModel,
  environment: Environment,
  options: LoadComposeOptions,
): ReadonlyMap<string, ComposeService> {
  return new Map(
    [...services].map(([name, { service, declared }]) => [
      name,
      { ...service, environment: resolveServiceEnvironment(declared, environment, options) },
    ]),
  );
}
