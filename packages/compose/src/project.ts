import type { ComposeValue } from "./value.ts";

/** Values that start with `x-`, as they stand in the file, variables put in. */
export type ComposeExtensions = ReadonlyMap<string, ComposeValue>;

/** Values by name; undefined for a name without a value (`- NAME`, `NAME:`). */
export type ComposeVariables = ReadonlyMap<string, string | undefined>;

/** A limit of the build container; a single number in the file is `single`, with `soft` and `hard` zero. */
export interface ComposeUlimit {
  readonly single: bigint;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** An SSH agent or key; the path is empty for the default agent. */
export interface ComposeSshKey {
  readonly id: string;
  readonly path: string;
}

/** A secret that a build may read: `source` names one of the project's secrets. */
export interface ComposeSecretReference {
  readonly source: string;
  readonly target: string;
}

/** A secret of the project. */
export interface ComposeSecret {
  readonly name: string;
  readonly file: string;
  readonly environment: string;
  readonly isExternal: boolean;
  readonly extensions: ComposeExtensions;
}

/**
 * How a service's image is built: compose-go's `BuildConfig`. Texts are empty, numbers zero and lists empty where the
 * file says nothing.
 */
export interface ComposeBuild {
  readonly context: string;
  readonly dockerfile: string;
  readonly dockerfileInline: string;
  readonly args: ComposeVariables;
  readonly labels: ReadonlyMap<string, string>;
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean;
  readonly noCacheFilter: readonly string[];
  readonly pull: boolean;
  readonly additionalContexts: ReadonlyMap<string, string>;
  readonly network: string;
  readonly target: string;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly ssh: readonly ComposeSshKey[];
  readonly secrets: readonly ComposeSecretReference[];
  readonly shmSizeBytes: bigint;
  readonly ulimits: ReadonlyMap<string, ComposeUlimit>;
  /** Addresses by host name. */
  readonly extraHosts: ReadonlyMap<string, readonly string[]>;
  /** As written: `true`, `false` or attributes. */
  readonly sbom: string;
  readonly provenance: string;
  readonly entitlements: readonly string[];
  readonly isPrivileged: boolean;
  readonly isolation: string;
  /** `x-bake`, `x-depot` and others under `build`. */
  readonly extensions: ComposeExtensions;
}

/** A service as far as building it goes. */
export interface ComposeService {
  readonly name: string;
  readonly image: string;
  readonly build: ComposeBuild | undefined;
  /** With the service's `env_file`s below its own entries. */
  readonly environment: ComposeVariables;
  /** `x-bake`, `x-depot` and others beside `build`. */
  readonly extensions: ComposeExtensions;
}

/** What compose files say about building, all files merged. */
export interface ComposeProject {
  /** From the last `name:` of the files, else the option; not normalised. */
  readonly name: string;
  /** In file order. */
  readonly services: ReadonlyMap<string, ComposeService>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
  /** The environment the files were read with, and `COMPOSE_PROJECT_NAME`. */
  readonly environment: ReadonlyMap<string, string>;
}
