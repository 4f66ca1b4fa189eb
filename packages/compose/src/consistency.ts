import { goQuote } from "./go-quote.ts";
import { invalidModel } from "./problems.ts";
import type { ComposeBuild, ComposeProject, ComposeService } from "./project.ts";

/**
 * Checks what only shows when the files are merged, as compose-go v2 does (`loader/validate.go`), as far as it concerns
 * builds.
 *
 * @throws {Problem} `compose_invalid`
 */
export function checkConsistency(project: Pick<ComposeProject, "services" | "secrets">): void {
  for (const service of project.services.values()) {
    if (service.build === undefined && service.image === "")
      throw inconsistent(`service ${goQuote(service.name)} has neither an image nor a build context specified`);
    if (service.build !== undefined) checkBuild(service.build, service, project);
  }
  for (const [name, secret] of project.secrets)
    if (!secret.isExternal && secret.file === "" && secret.environment === "")
      throw inconsistent(`secret ${goQuote(name)} must declare either \`file\` or \`environment\``);
}

function checkBuild(
  build: ComposeBuild,
  { name }: ComposeService,
  { services, secrets }: Pick<ComposeProject, "services" | "secrets">,
): void {
  if (build.dockerfile !== "" && build.dockerfileInline !== "")
    throw inconsistent(`service ${goQuote(name)} declares mutualy exclusive dockerfile and dockerfile_inline`);
  for (const [contextName, context] of build.additionalContexts) {
    if (!context.startsWith("service:")) continue;
    const target = context.slice("service:".length);
    const other = services.get(target);
    const kind = other === undefined ? "unknown" : other.build === undefined ? "non-buildable" : undefined;
    if (kind !== undefined)
      throw invalidModel(
        `service ${goQuote(name)} declares ${kind} service ${goQuote(target)} as additional contexts ${contextName}`,
      );
  }
  for (const { source } of build.secrets)
    if (!secrets.has(source)) throw inconsistent(`service ${goQuote(name)} refers to undefined build secret ${source}`);
}

function inconsistent(message: string): Error {
  return invalidModel(`${message}: invalid compose project`);
}
