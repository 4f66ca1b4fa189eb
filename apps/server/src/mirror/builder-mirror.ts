import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Clock, type Logger, Secret } from "@opendepot/base";
import type { RegistryHost, RegistryMirror, RegistryRoutes } from "@opendepot/builder";
import { type Mirror, openMirror } from "@opendepot/mirror";
import { hostPort } from "../addresses.ts";
import type { OpenRoutes } from "../builders/pool.ts";
import { isWildcard, type ListenAddress, type ResolvedServer } from "../config.ts";
import type { Query } from "../database/open.ts";
import { registryHostOf } from "../registry/image-names.ts";

/** What {@link BuilderMirror.open} takes. */
export interface BuilderMirrorOptions {
  readonly resolved: Pick<ResolvedServer, "dataDir" | "isMirrorOn" | "mirrorBytes" | "tls">;
  readonly database: Query;
  /** The authority of this installation, which the server proves itself with under `--tls own`. */
  readonly caPem: string;
  readonly proxies: Readonly<Record<string, string | undefined>> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where the server is, once it listens. */
export interface Announced {
  readonly listening: ListenAddress;
  readonly publicUrl: string;
}

/** As hard to guess as a token. */
const DOOR_BYTES = 24;

/**
 * The mirror of this server, and how its builders get to it: each builder that starts gets a door of its own, a part of
 * the path that nobody can guess, which says whose builder asks and is closed when the builder is gone. Doors are kept in
 * memory only, since no builder outlives the server.
 */
export class BuilderMirror implements AsyncDisposable {
  readonly mirror: Mirror;
  readonly #options: BuilderMirrorOptions;
  readonly #doors: Map<string, string>;
  #announced: Announced | undefined;

  private constructor(mirror: Mirror, options: BuilderMirrorOptions, doors: Map<string, string>) {
    this.mirror = mirror;
    this.#options = options;
    this.#doors = doors;
  }

  /** Opens it on the server's own database and folder. */
  static async open(options: BuilderMirrorOptions): Promise<BuilderMirror> {
    const { resolved, database, proxies: proxyEnvironment, clock, logger } = options;
    const doors = new Map<string, string>();
    const folder = join(resolved.dataDir, "mirror");
    const mirror = await openMirror(
      { ...{ database, folder, proxyEnvironment, clock, logger }, maxBytes: resolved.mirrorBytes },
      (door) => doors.get(door),
    );
    return new BuilderMirror(mirror, options, doors);
  }

  /** Whether builders use it. */
  get isOn(): boolean {
    return this.#options.resolved.isMirrorOn;
  }

  /** Says where the server is. Builders that start before know nothing of it. */
  announce(announced: Announced): void {
    this.#announced = announced;
  }

  /** How a builder of an organization reaches registries. */
  async openRoutes(organizationId: string): Promise<OpenRoutes> {
    const announced = this.#announced;
    if (!announced) return { registries: { hosts: [], mirrors: [] }, [Symbol.dispose]: () => undefined };
    const own = this.#ownHosts(announced);
    if (!this.isOn) return { registries: { hosts: own.all, mirrors: [] }, [Symbol.dispose]: () => undefined };
    const door = randomBytes(DOOR_BYTES).toString("base64url");
    this.#doors.set(door, organizationId);
    return {
      registries: { hosts: own.all, mirrors: await this.#mirrors(organizationId, own.mirror, door) },
      [Symbol.dispose]: () => void this.#doors.delete(door),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mirror[Symbol.asyncDispose]();
  }

  async #mirrors(organizationId: string, host: string, door: string): Promise<RegistryMirror[]> {
    const upstreams = await this.mirror.upstreams(organizationId);
    return upstreams.map((upstream) => ({
      upstream: upstream.host,
      isPlainHttp: upstream.isPlainHttp,
      host,
      path: new Secret(`mirror/${door}/${upstream.host}`),
    }));
  }

  /** The server as a registry: as clients name it, and as builders on this machine reach the mirror. */
  #ownHosts({ listening, publicUrl }: Announced): { mirror: string; all: RegistryRoutes["hosts"] } {
    const { tls } = this.#options.resolved;
    const caPem = tls.kind === "own" ? this.#options.caPem : undefined;
    const named: RegistryHost = {
      host: registryHostOf(publicUrl),
      isPlainHttp: new URL(publicUrl).protocol === "http:",
      caPem,
    };
    // A certificate from files is for the public name, and hardly for an address of this machine.
    if (tls.kind === "files") return { mirror: named.host, all: [named] };
    const host = hostPort({ ...listening, host: isWildcard(listening.host) ? "127.0.0.1" : listening.host });
    const local: RegistryHost = { host, isPlainHttp: tls.kind === "off", caPem };
    return { mirror: host, all: host === named.host ? [local] : [named, local] };
  }
}
