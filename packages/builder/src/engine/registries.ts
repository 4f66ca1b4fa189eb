import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RegistryMirror, RegistryRoutes } from "../provider.ts";

/** How an engine reaches one registry. */
export interface RegistryWay {
  readonly host: string;
  /** Undefined: as the engine thinks best, which is TLS but for loopback. */
  readonly isPlainHttp: boolean | undefined;
  /** A file of certificate authorities. */
  readonly caFile: string | undefined;
  readonly mirrors: readonly RegistryMirror[];
}

/**
 * The ways to all registries that are not reached as usual, each once, with the files that they need written into
 * `folder`.
 */
export async function prepareRegistries(routes: RegistryRoutes | undefined, folder: string): Promise<RegistryWay[]> {
  const ways = new Map<string, RegistryWay>();
  for (const [index, { host, isPlainHttp, caPem }] of (routes?.hosts ?? []).entries()) {
    const caFile = caPem === undefined ? undefined : path.join(folder, `ca-${index}.pem`);
    if (caFile !== undefined && caPem !== undefined) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(caFile, caPem);
    }
    ways.set(host, { host, isPlainHttp, caFile, mirrors: [] });
  }
  for (const mirror of routes?.mirrors ?? []) {
    const { upstream: host, isPlainHttp } = mirror;
    const known = ways.get(host) ?? { host, isPlainHttp: isPlainHttp || undefined, caFile: undefined, mirrors: [] };
    ways.set(host, { ...known, mirrors: [...known.mirrors, mirror] });
  }
  return [...ways.values()];
}

/** What engines are told and nobody else, which their logs would tell. */
export function secretsOf(routes: RegistryRoutes | undefined): readonly string[] {
  return (routes?.mirrors ?? []).map((mirror) => mirror.path.reveal());
}

/** The tables of `buildkitd.toml` for registries: BuildKit v0.32, `docs/buildkitd.toml.md` and `util/resolver`. */
export function registryTables(ways: readonly RegistryWay[]): readonly string[] {
  return ways.flatMap(({ host, isPlainHttp, caFile, mirrors }) => {
    const lines = [`[registry.${JSON.stringify(host)}]`];
    if (mirrors.length > 0) {
      lines.push(`mirrors = ${JSON.stringify(mirrors.map((mirror) => `${mirror.host}/${mirror.path.reveal()}`))}`);
    }
    // Said in either case: on loopback, BuildKit would speak plain HTTP to a registry with a certificate.
    if (isPlainHttp !== undefined) lines.push(`http = ${isPlainHttp}`);
    if (caFile !== undefined) lines.push(`ca = [${JSON.stringify(caFile)}]`);
    return lines;
  });
}

const HUB_HOST = "registry-1.docker.io";

/** `hosts.toml` of one registry, as containerd and Docker Engine from version 28 on read it below `certs.d`. */
export function hostsToml(way: RegistryWay, ways: readonly RegistryWay[]): string {
  const { host, isPlainHttp, caFile, mirrors } = way;
  const server = host === "docker.io" ? HUB_HOST : host;
  const lines = [`server = ${JSON.stringify(`${isPlainHttp ? "http" : "https"}://${server}`)}`];
  if (caFile !== undefined) lines.push(`ca = ${JSON.stringify(caFile)}`);
  for (const mirror of mirrors) {
    const to = ways.find((other) => other.host === mirror.host);
    const url = `${to?.isPlainHttp ? "http" : "https"}://${mirror.host}/v2/${mirror.path.reveal()}`;
    lines.push(`[host.${JSON.stringify(url)}]`, 'capabilities = ["pull", "resolve"]', "override_path = true");
    if (to?.caFile !== undefined) lines.push(`ca = ${JSON.stringify(to.caFile)}`);
  }
  return `${lines.join("\n")}\n`;
}
