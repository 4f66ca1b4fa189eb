import {
  type Attestation,
  attestationShorthand,
  compareBytes,
  compareSshAgents,
  formatSize,
  formatUlimit,
  readAttestations,
  readCacheEntries,
  readUlimit,
  type SecretSource,
  type SshAgent,
} from "@opendepot/buildflags";
import { type ComposeBuild, type ComposeProject, type ComposeService, readDepotProject } from "@opendepot/compose";
import type { Definition, Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { addBakeExtension } from "./bake-extension.ts";

/**
 * The targets of a compose project: one for each service that is built, all of them in the group `default`: buildx
 * v0.36 bake `ParseCompose`.
 *
 * @throws {Problem} `bake_definition_invalid`, `build_flag_invalid`, `compose_invalid`
 */
export function composeTargets(project: ComposeProject): Definition {
  if (project.services.size === 0) return { targets: [], groups: [] };
  const targets = [...project.services.values()].flatMap((service) => {
    return service.build === undefined ? [] : [toTarget(service, service.build, project)];
  });
  return { targets, groups: [{ name: "default", description: "", targets: some(targets.map(({ name }) => name)) }] };
}

/** The target of a service: a dot, which services may have in their names, becomes an underscore. */
export function targetOfService(service: string): string {
  return service.replaceAll(".", "_");
}

function toTarget(service: ComposeService, build: ComposeBuild, project: ComposeProject): Target {
  const target: Target = {
    ...plainFields(service, build),
    ...entryFields(build, project),
    args: readArguments(service, build, project),
    project_id: readDepotProject(build.extensions) ?? readDepotProject(service.extensions),
  };
  const extended = addBakeExtension(target, build.extensions);
  const hasTags = extended.tags !== undefined && extended.tags.length > 0;
  return hasTags || service.image === "" ? extended : { ...extended, tags: [service.image] };
}

function plainFields({ name: service }: ComposeService, build: ComposeBuild): Target {
  const name = targetOfService(service);
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    const message = `invalid service name ${JSON.stringify(name)}: only "[a-zA-Z0-9_-]+" are allowed`;
    throw bakeProblem("bake_definition_invalid", message);
  }
  return {
    name,
    description: "",
    context: build.context || undefined,
    contexts: build.additionalContexts.size > 0 ? linkServices(build.additionalContexts) : undefined,
    dockerfile: build.dockerfile || undefined,
    "dockerfile-inline": build.dockerfileInline || undefined,
    labels: build.labels,
    tags: build.tags.length > 0 ? build.tags : undefined,
    target: build.target || undefined,
    platforms: build.platforms.length > 0 ? build.platforms : undefined,
    network: build.network || undefined,
    "no-cache": build.noCache || undefined,
    pull: build.pull || undefined,
    "shm-size": build.shmSizeBytes > 0n ? formatSize(Number(build.shmSizeBytes)) : undefined,
    "extra-hosts": new Map([...build.extraHosts].map(([host, addresses]) => [host, addresses.join(",")])),
  };
}

function entryFields(build: ComposeBuild, project: ComposeProject): Partial<Target> {
  const ulimits = [...build.ulimits]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, { soft, hard }]) => formatUlimit(readUlimit(`${name}=${soft}:${hard}`)));
  return {
    ulimits: ulimits.length > 0 ? ulimits : undefined,
    ssh: readAgents(build),
    secret: readSecrets(build, project),
    "cache-from": some(readCacheEntries(build.cacheFrom)),
    "cache-to": some(readCacheEntries(build.cacheTo)),
    attest: some(readAttests(build)),
  };
}

function some<Entry>(entries: readonly Entry[]): readonly Entry[] | undefined {
  return entries.length > 0 ? entries : undefined;
}

function readAgents({ ssh }: ComposeBuild): readonly SshAgent[] | undefined {
  const agents = ssh.map(({ id, path }) => ({ id, paths: path === "" ? [] : [path] }));
  return some(agents.sort(compareSshAgents));
}

function readSecrets({ secrets }: ComposeBuild, project: ComposeProject): readonly SecretSource[] | undefined {
  const sources = secrets.map(({ source }): SecretSource => {
    const secret = project.secrets.get(source);
    if (secret?.isExternal) throw bakeProblem("bake_definition_invalid", `unsupported external secret ${secret.name}`);
    return { id: source, src: secret?.file ?? "", env: secret?.environment ?? "" };
  });
  return some(sources);
}

function readAttests({ sbom, provenance }: ComposeBuild): Attestation[] {
  return readAttestations([attestationShorthand("sbom", sbom), attestationShorthand("provenance", provenance)]);
}

/** Arguments without a value take that of the service's environment, or of the project's. */
function readArguments(
  { environment }: ComposeService,
  { args }: ComposeBuild,
  project: ComposeProject,
): ReadonlyMap<string, string> | undefined {
  if (args.size === 0) return undefined;
  const resolved = [...args].flatMap(([name, value]): Array<[string, string]> => {
    const text = value ?? environment.get(name) ?? project.environment.get(name);
    return text === undefined ? [] : [[name, text]];
  });
  return new Map(resolved);
}

/** A context of another service is one of its target. */
export function linkServices(contexts: ReadonlyMap<string, string>): Map<string, string> {
  const linked = [...contexts].map(([name, path]): [string, string] => {
    const service = /^(?:service|target):(.*)$/s.exec(path)?.[1];
    return [name, service === undefined ? path : `target:${targetOfService(service)}`];
  });
  return new Map(linked);
}
