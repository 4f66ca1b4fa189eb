import type { ComposeProject } from "@opendepot/compose";
import { targetOfService } from "./compose-targets.ts";
import type { ComposeSurroundings } from "./read-compose.ts";

/** The image that `docker compose up` looks for, by target. */
export type ComposeImages = ReadonlyMap<string, string>;

/**
 * The names under which `docker compose up` finds the images of services: the service's own, or
 * `PROJECT-SERVICE`. The project's name is `COMPOSE_PROJECT_NAME`, or what the files say, or the working folder's.
 */
export function imagesOf({ services, name }: ComposeProject, around: ComposeSurroundings): ComposeImages {
  const chosen = around.environment.get("COMPOSE_PROJECT_NAME") || (name === "bake" ? undefined : name);
  const project = normalizeProjectName(chosen ?? folderName(around.workingDir)) || "bake";
  const built = [...services.values()].filter(({ build }) => build !== undefined);
  return new Map(
    built.map((service) => [targetOfService(service.name), service.image || `${project}-${service.name}`]),
  );
}

function folderName(path: string): string {
  return (
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? ""
  );
}

/** Lower case letters, digits, dashes and underscores, starting with a letter or digit: compose-go `NormalizeProjectName`. */
function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}
