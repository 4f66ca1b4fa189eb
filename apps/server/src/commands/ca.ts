import { readSettings, resolveDataDir } from "../config.ts";
import { callControl } from "../instance/control-socket.ts";
import { readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import { notRunning } from "../problems.ts";
import { registryHostOf } from "../registry/image-names.ts";
import { settingFlags } from "../settings.ts";
import type { ServerCommand } from "./context.ts";

/** What clients of a server with `--tls own` have to trust. */
export interface TrustAnchor {
  /** As PEM. */
  readonly caPem: string;
  readonly url: string;
  /** Whether the API and the registry prove themselves with it. */
  readonly isServed: boolean;
}

/** `depot-server ca`: the authority's certificate on stdout, what to do with it on stderr. */
export const caCommand: ServerCommand = {
  name: "ca",
  summary: "Print the certificate that clients of a server with --tls own have to trust",
  description:
    "Prints the certificate of this server's own authority, in PEM, and how the depot\n" +
    "command, Docker and others are made to trust it.",
  examples: [{ summary: "For a client on another machine", line: "depot-server ca > depot-ca.pem" }],
  flags: settingFlags(["dataDir"]),
  run: async (invocation, { around, out, err }) => {
    const dataDir = resolveDataDir(readSettings((name) => invocation.text(name), around.env).dataDir, around);
    const owner = await findOwner(dataDir);
    const instance = owner && (await readInstanceFile(dataDir));
    if (!owner || instance?.pid !== owner.pid) throw notRunning(dataDir);
    const anchor = await callControl<TrustAnchor>(instance.controlSocket, "ca");
    out(`${anchor.caPem.trimEnd()}\n`);
    err(describeTrust(anchor));
    return 0;
  },
};

/** How each client is made to trust the authority. */
export function describeTrust({ url, isServed }: TrustAnchor): string {
  const host = registryHostOf(url);
  const lines = isServed
    ? [
        "Save it as depot-ca.pem where the client runs, then:",
        "  depot:   export SSL_CERT_FILE=$PWD/depot-ca.pem",
        `  Docker:  mkdir -p /etc/docker/certs.d/${host} && cp depot-ca.pem /etc/docker/certs.d/${host}/ca.crt`,
        "  system:  cp depot-ca.pem /usr/local/share/ca-certificates/depot.crt && update-ca-certificates",
        "Docker on the server's own machine needs nothing where the registry's host is 127.0.0.1 or localhost.",
      ]
    : ["note: this server does not use it for its API and registry; it would with --tls own"];
  return `${lines.join("\n")}\n`;
}
