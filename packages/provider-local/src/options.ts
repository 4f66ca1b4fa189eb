import type { Logger } from "@opendepot/base";
import type { Architecture, EngineKind } from "@opendepot/builder";

/** How builders of this host are run. */
export interface LocalProviderOptions {
  /** The server's data folder, absolute: cache volumes go to `builders/`, a private engine to `engine/`. */
  readonly dataDir: string;
  /** Where sockets go. Default: `<dataDir>/run`, or a short folder of the machine when that name is too long for sockets. */
  readonly runDir?: string | undefined;
  /** The engine to use: the path of a `buildkitd` or a `dockerd`, or only the kind to look for. Default: any that is found. */
  readonly engine?: { readonly path?: string | undefined; readonly kind?: EngineKind | undefined } | undefined;
  /** The value of PATH: where engines and their tools are looked for. */
  readonly path: string;
  /** The environment that engines get their proxies, certificates and locale from; nothing else is passed on. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The architecture of this host. */
  readonly architecture: Architecture;
  readonly logger: Logger;
  /** Whether a private engine may be installed when there is none. */
  readonly install: boolean;
  /** Told, for people, what an installation is doing. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
