import type { Secret } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";

/** Architectures that builders are native to, in OCI's words. */
export type Architecture = "amd64" | "arm64";

/** How much cache a builder keeps, and for how long. */
export interface CachePolicy {
  readonly keepBytes: number;
  /** 0: no limit of age. */
  readonly keepDays: number;
}

/** A registry that is reached in another way than over TLS with a certificate that everybody trusts. */
export interface RegistryHost {
  /** As image names have it: `127.0.0.1:8700`. */
  readonly host: string;
  readonly isPlainHttp: boolean;
  /** Certificate authorities to trust beside the usual ones, in PEM. */
  readonly caPem: string | undefined;
}

/** Where to look first for what a registry has. If nobody answers there, or has it not, the registry itself is asked. */
export interface RegistryMirror {
  /** The registry, as image names have it: `docker.io`. */
  readonly upstream: string;
  /** Whether the registry itself speaks plain HTTP. */
  readonly isPlainHttp: boolean;
  /** The mirror; how it is reached is told by a {@link RegistryHost}. */
  readonly host: string;
  /** Where it is below the mirror's `/v2/`. */
  readonly path: Secret;
}

/** How an engine reaches registries, where that is not as usual. */
export interface RegistryRoutes {
  readonly hosts: readonly RegistryHost[];
  readonly mirrors: readonly RegistryMirror[];
}

/** What a builder is asked to be. */
export interface StartRequest {
  /** Names the builder and its cache volume: one for each project and architecture. */
  readonly id: string;
  readonly projectId: string;
  readonly architecture: Architecture;
  readonly cachePolicy: CachePolicy;
  /** Default: every registry as usual. A builder that runs keeps those that it was started with. */
  readonly registries?: RegistryRoutes | undefined;
}

/** What an engine says of itself. */
export interface EngineVersion {
  readonly kind: "buildkitd" | "dockerd";
  /** BuildKit's own version, for instance `v0.32.2`; `unknown` where the build of the engine does not tell. */
  readonly buildkit: string;
  /** The version of its program without a `v`, for instance `28.5.2` of a Docker Engine; `unknown` as above. */
  readonly program?: string | undefined;
  /** Compressions of layers on which it would crash, and with it every build that it runs. */
  readonly unsafeCompressions?: readonly string[] | undefined;
}

/** A running engine with its cache volume attached. */
export interface Builder {
  readonly id: string;
  readonly projectId: string;
  readonly architecture: Architecture;
  /** Where its engine answers, for the gateway beside it; never handed to clients. */
  readonly endpoint: Endpoint;
  readonly engine: EngineVersion;
  /** True when the architecture is not the machine's own and its programs run under an emulator. */
  readonly isEmulated: boolean;
  /** Aborts, with a `Problem` as its reason, when the engine has died or was stopped. */
  readonly gone: AbortSignal;
}

/**
 * A place where builders of one kind can be started and stopped.
 *
 * A provider knows machines and builders only. Leases, certificates, idle times and the choice of a builder
 * belong to the server. Every provider passes `describeBuilderProvider`.
 */
export interface BuilderProvider extends AsyncDisposable {
  /**
   * Resolves when the engine answers, with its cache volume attached. Idempotent per `request.id`: concurrent and
   * later calls get the same builder while it lives; after it has died, a new one with the cache intact.
   *
   * @throws {Problem} `engine_missing`, `engine_too_old`, `engine_start_failed`, `architecture_unavailable`
   */
  start(request: StartRequest, signal: AbortSignal): Promise<Builder>;
  /** Stops the builder and keeps its cache volume. Succeeds when it is already gone. */
  stop(id: string, signal: AbortSignal): Promise<void>;
  /** Stops the builder and empties its cache volume. Succeeds when there is none. */
  reset(id: string, signal: AbortSignal): Promise<void>;
  /** The builders that run now. */
  list(): readonly Builder[];
  /** Warnings about this place that a person should see, for instance an engine with published escapes. */
  warnings(): readonly string[];
}
