import { BUILD_MODEL } from "./build-rules.ts";
import { checkConsistency } from "./consistency.ts";
import { decodeBuild, decodeSecret, extensionsOf } from "./decode-build.ts";
import { Decoder } from "./decode-value.ts";
import { loadModel, projectNameOf } from "./load-model.ts";
import type { ComposeFile, Environment, LoadComposeOptions, LoadScope } from "./load-options.ts";
import { composeProblem, invalidModel } from "./problems.ts";
import type { ComposeProject, ComposeService } from "./project.ts";
import { findSchemaFailure } from "./schema.ts";
import { decodeEnvironment, resolveServiceEnvironment } from "./service-environment.ts";
import { type ComposeMapping, type ComposeValue, isMapping } from "./value.ts";

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
  const project = bindProject({ name, services, model }, scope.environment);
  if (options.skipConsistencyCheck !== true) checkConsistency(project);
  return { ...project, services: withEnvironment(services, { project, options }) };
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
  if (isMapping(model.get("services"))) checked.set("services", services);
  const secrets = model.get("secrets");
  if (secrets !== undefined) checked.set("secrets", secrets);
  if (checked.size === 0) throw emptyFile();
  const failure = findSchemaFailure(checked, BUILD_MODEL);
  if (failure !== undefined) throw invalidModel(failure);
}

interface BoundModel {
  readonly name: string;
  readonly services: ReadonlyMap<string, ComposeMapping>;
  readonly model: ComposeMapping;
}

function bindProject({ name, services, model }: BoundModel, environment: Environment): ComposeProject {
  const secrets = model.get("secrets");
  const secretSections: [string, ComposeValue][] = isMapping(secrets) ? [...secrets] : [];
  return {
    name,
    environment,
    services: new Map([...services].map(([serviceName, service]) => [serviceName, bindService(serviceName, service)])),
    secrets: new Map(
      secretSections.flatMap(([secretName, secret]) =>
        isMapping(secret) ? [[secretName, decodeSecret(secret, secretName)] as const] : [],
      ),
    ),
  };
}

function bindService(name: string, service: ComposeMapping): ComposeService {
  const build = service.get("build");
  const decoder = new Decoder(service, `services[${name}]`);
  const bound: ComposeService = {
    name,
    image: decoder.text("image"),
    build: isMapping(build) ? decodeBuild(build, name) : undefined,
    environment: decodeEnvironment(service, name).variables,
    extensions: extensionsOf(service),
  };
  decoder.finish();
  return bound;
}

/** Environment files are read last, when all else is known to be right. */
function withEnvironment(
  sections: ReadonlyMap<string, ComposeMapping>,
  { project, options }: { project: ComposeProject; options: LoadComposeOptions },
): ReadonlyMap<string, ComposeService> {
  const services = new Map<string, ComposeService>();
  for (const [name, service] of project.services) {
    const declared = decodeEnvironment(sections.get(name) ?? new Map(), name);
    services.set(name, {
      ...service,
      environment: resolveServiceEnvironment(declared, project.environment, options),
    });
  }
  return services;
}
