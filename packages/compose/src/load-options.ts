import type { Lookup } from "./template.ts";

/** Variables by name. */
export type Environment = ReadonlyMap<string, string>;

/** A compose file that was read already. */
export interface ComposeFile {
  /** As given by the user, for messages; `-` for standard input. Empty where the name is not to be told. */
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** Where the loader finds the files that compose files name. Paths may be relative to `workingDir`. */
export interface ComposeFileReader {
  /** The bytes of a file; undefined when nothing is there. May throw; the error then ends the loading. */
  readFile(path: string): Uint8Array | undefined;
  /** Whether `path` is a directory; without it, nothing is. */
  isDirectory?(path: string): boolean;
}

/** What loading depends on, besides the files. */
export interface LoadComposeOptions extends ComposeFileReader {
  /** The project's name where no file has one; default `bake`. */
  readonly projectName?: string | undefined;
  /** Variables for `${…}` and for values without one: the process environment over the `.env` file. */
  readonly environment: Environment;
  /** The absolute directory the command runs in; only messages about environment files show it. */
  readonly workingDir: string;
  /** What a leading `~` in paths stands for; without it, `~` is a name like any other. */
  readonly homeDir?: string | undefined;
  /** Profiles that are on; default all (`*`). Services of other profiles are left out. */
  readonly profiles?: readonly string[] | undefined;
  /** Leaves out the checks across services: for a look at one of several files. Default false. */
  readonly skipConsistencyCheck?: boolean | undefined;
  /** Told what compose would warn of, such as a variable that is not set. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How deep `include` and `extends` may lead, and how large a file may be. */
export const LIMITS: { readonly includeDepth: number; readonly extendsDepth: number; readonly fileBytes: number } = {
  includeDepth: 100,
  extendsDepth: 200,
  fileBytes: 16 * 1024 * 1024,
};

/** Where a set of files is loaded: the same options, but a place and an environment of its own. */
export interface LoadScope {
  readonly options: LoadComposeOptions;
  readonly environment: Environment;
  /** Put before relative paths. */
  readonly workingDir: string;
  /** Where paths of files that are named are looked for. */
  readonly resourceDir: string;
  /** The files that led here through `include`. */
  readonly included: readonly string[];
}

/** Finds a variable in a scope. */
export function lookupIn({ environment }: Pick<LoadScope, "environment">): Lookup {
  return (name) => environment.get(name);
}
