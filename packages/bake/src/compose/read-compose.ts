import { isProblem } from "@opendepot/base";
import {
  type ComposeFileReader,
  type ComposeProject,
  type Environment,
  type LoadComposeOptions,
  loadComposeProject,
  parseDotenv,
} from "@opendepot/compose";
import type { BakeFile } from "../lookup.ts";
import type { Definition } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { composeTargets } from "./compose-targets.ts";
import { type ComposeImages, imagesOf } from "./image-names.ts";

/** What compose files are read with. */
export interface ComposeSurroundings extends ComposeFileReader {
  /** The process's environment; empty when variables are not to be taken from there. */
  readonly environment: Environment;
  /** The text of the `.env` file in the working folder; undefined when there is none. */
  readonly dotenv: string | undefined;
  /** `--var`, which wins over both. */
  readonly variables: Environment;
  /** Absolute path. */
  readonly workingDir: string;
  readonly homeDir?: string | undefined;
  /** Told what compose would warn of, such as a variable that is not set. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What compose files define. */
export interface ComposeDefinition {
  readonly definition: Definition;
  readonly images: ComposeImages;
}

/**
 * Checks one file on its own, before it is known which others it belongs to.
 *
 * @throws {Problem} in compose-go's words
 */
export function checkComposeFile(text: string, around: ComposeSurroundings): void {
  load([{ name: "", text }], around, { skipConsistencyCheck: true });
}

/**
 * Reads all compose files as one project.
 *
 * @throws {Problem} `bake_definition_invalid`, `build_flag_invalid`, or in compose-go's words
 */
export function readComposeFiles(files: readonly BakeFile[], around: ComposeSurroundings): ComposeDefinition {
  try {
    const project = load(files, around, {});
    return { definition: composeTargets(project), images: imagesOf(project, around) };
  } catch (cause) {
    if (!isProblem(cause)) throw cause;
    throw bakeProblem("bake_definition_invalid", `failed to parse compose file: ${cause.message}`, { cause });
  }
}

function load(
  files: readonly BakeFile[],
  around: ComposeSurroundings,
  options: Pick<LoadComposeOptions, "skipConsistencyCheck">,
): ComposeProject {
  const environment = environmentOf(around);
  return loadComposeProject(
    files.map(({ name, text }) => ({ name, content: text })),
    { ...around, ...options, environment, projectName: environment.get("COMPOSE_PROJECT_NAME") || "bake" },
  );
}

/**
 * The variables that compose files see: the environment, then the `.env` file.
 *
 * @throws {Problem} `dotenv_syntax`
 */
export function environmentOf({ environment, dotenv, variables }: ComposeSurroundings): Environment {
  const found = dotenv === undefined ? new Map<string, string>() : parseDotenv(dotenv, (name) => environment.get(name));
  return new Map([...found, ...environment, ...variables]);
}
