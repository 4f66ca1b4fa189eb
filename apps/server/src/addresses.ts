import type { Addresses } from "./api/deps.ts";
import type { ListenAddress, ResolvedServer } from "./config.ts";

/** What clients are told, from the settings and from what was really listened on. */
export function addressesOf(
  { publicUrl: wanted, gatewayAddress, tls }: Pick<ResolvedServer, "publicUrl" | "gatewayAddress" | "tls">,
  listening: { readonly api: ListenAddress; readonly gateway: ListenAddress },
): Addresses {
  const publicUrl = wanted ?? `${tls.kind === "off" ? "http" : "https"}://${hostPort(listening.api)}`;
  // In a URL, the brackets of an IPv6 address belong to the host name, as they do in the gateway's address.
  const { hostname } = new URL(publicUrl);
  return { publicUrl, gateway: gatewayAddress ?? `tcp://${hostname}:${listening.gateway.port}` };
}

/** `host:port`, with brackets around IPv6 addresses. */
export function hostPort({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
