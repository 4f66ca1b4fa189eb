import type { NormalizedReference } from "@opendepot/oci";

/** Docker Hub's registry has another name than its images. */
const HUB = "docker.io";
const HUB_HOST = "registry-1.docker.io";

/** Where a registry may be found, in the order to try. */
export interface RegistryPlace {
  readonly origin: URL;
  readonly acceptsAnyCertificate: boolean;
}

/**
 * The places of a reference's registry: TLS; plain HTTP where the registry is on this machine, as docker has it; for one
 * that is marked as insecure, TLS with any certificate first and then plain HTTP, as BuildKit does. Where it is known
 * which of both it speaks, only that.
 */
export function placesOf(
  { domain }: NormalizedReference,
  isInsecure: boolean,
  scheme?: "http" | "https",
): readonly [RegistryPlace, ...RegistryPlace[]] {
  const host = domain === HUB ? HUB_HOST : domain;
  const plain: RegistryPlace = { origin: new URL(`http://${host}/`), acceptsAnyCertificate: false };
  const tls: RegistryPlace = { origin: new URL(`https://${host}/`), acceptsAnyCertificate: isInsecure };
  if (scheme !== undefined) return [scheme === "http" ? plain : tls];
  if (isLoopback(plain.origin.hostname)) return isInsecure ? [plain, tls] : [plain];
  return isInsecure ? [tls, plain] : [tls];
}

/** Whether a host name, as a URL has it, is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
