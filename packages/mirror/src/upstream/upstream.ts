import type { Secret } from "@opendepot/base";
import { parseNormalizedReference } from "@opendepot/oci";
import { upstreamInvalid } from "../problems.ts";

/** How somebody logs in at an upstream. */
export interface UpstreamLogin {
  readonly username: string;
  readonly password: Secret;
}

/** A registry that is mirrored, as an organization sees it. */
export interface Upstream {
  /** As image names have it: `docker.io`. */
  readonly host: string;
  /**
   * Whose way to it this is: empty for everybody's, since nobody has to log in; `*` for that of all who have no entry of
   * their own, by the installation's login; else the organization whose entry it is.
   */
  readonly owner: string;
  /**
   * Who sees what is fetched in this way: everybody, if it is empty; else its owner, until the entry is changed. Content
   * that comes late, for an entry that has meanwhile changed, is thus never seen with another login.
   */
  readonly scope: string;
  readonly login: UpstreamLogin | undefined;
  /** May be on a loopback or private address. */
  readonly allowsPrivate: boolean;
  /** Speaks plain HTTP. */
  readonly isPlainHttp: boolean;
  /** Where else its login may be shown, if it names this host as its token server. */
  readonly tokenHost: string | undefined;
}

/** The upstreams of everybody, without a login. */
export const DEFAULT_UPSTREAMS: readonly string[] = [
  "docker.io",
  "ghcr.io",
  "quay.io",
  "public.ecr.aws",
  "registry.k8s.io",
  "mcr.microsoft.com",
  "gcr.io",
];

/**
 * The host of a registry as image names have it, in lower case.
 *
 * @throws {Problem} `upstream_invalid`
 */
export function parseUpstreamHost(text: string): string {
  const host = text.trim().toLowerCase();
  const known = host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host;
  try {
    if (parseNormalizedReference(`${known}/x/y`).domain === known) return known;
  } catch {
    // said below
  }
  throw upstreamInvalid(text);
}

/** Token servers of well-known registries that are on a host of their own. */
const TOKEN_HOSTS: Readonly<Record<string, string>> = { "docker.io": "auth.docker.io" };

/**
 * Whether an upstream's login may be shown to a token server: the registry itself, a host that is known to belong to it,
 * and the domain that the registry is a part of (`gitlab.example` for `registry.gitlab.example`). A registry that names
 * any other would have the login sent to whom it likes (CVE-2026-33540 is that mistake).
 */
export function mayLogInAt(upstream: Pick<Upstream, "host" | "tokenHost">, origin: URL, realm: URL): boolean {
  if (realm.host === origin.host || realm.host === upstream.tokenHost) return true;
  if (realm.host === TOKEN_HOSTS[upstream.host]) return true;
  const isName = /[a-z]$/.test(realm.hostname) && realm.hostname.includes(".");
  return isName && realm.port === "" && origin.hostname.endsWith(`.${realm.hostname}`);
}
