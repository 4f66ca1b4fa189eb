import { dockerContextInvalid } from "./problems.ts";

/** What TLS to a Docker takes, each in PEM. */
export interface DockerTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Takes any certificate. */
  readonly skipsVerify?: boolean | undefined;
}

/** Where a Docker is. */
export type DockerAddress =
  /** A socket, or a named pipe on Windows. */
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: DockerTls | undefined }
  /** Reached through `ssh … docker system dial-stdio`. */
  | {
      readonly kind: "ssh";
      readonly host: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** Of the socket over there; Docker's own choice when undefined. */
      readonly socket: string | undefined;
    };

const DEFAULT_PORT = 2375;
const DEFAULT_TLS_PORT = 2376;

/**
 * Reads `DOCKER_HOST` or the host of a docker context: `unix://`, `npipe://`, `tcp://`, `http(s)://`, `ssh://`
 * (docker/cli `opts/hosts.go`, `cli/connhelper`). `tls` is for TCP alone.
 *
 * @throws {Problem} `docker_context_invalid`
 */
export function parseDockerHost(text: string, tls?: DockerTls): DockerAddress {
  const value = text.trim();
  const [, scheme = "tcp", rest = ""] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(value) ?? [];
  switch (scheme) {
    case "unix":
      return { kind: "unix", path: rest || "/var/run/docker.sock" };
    case "npipe":
      return { kind: "unix", path: rest.replaceAll("/", "\\") };
    case "ssh":
      return parseSsh(value);
    case "tcp":
    case "http":
    case "https":
      return parseTcp(value, rest, scheme === "https" ? (tls ?? {}) : tls);
    default:
      throw dockerContextInvalid(`docker host ${JSON.stringify(value)}`, `there is no ${scheme}:// for Docker`);
  }
}

/** The address as people write it. */
export function describeDockerAddress(address: DockerAddress): string {
  switch (address.kind) {
    case "unix":
      return `unix://${address.path}`;
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    case "ssh": {
      const user = address.user === undefined ? "" : `${address.user}@`;
      const port = address.port === undefined ? "" : `:${address.port}`;
      return `ssh://${user}${address.host}${port}${address.socket ?? ""}`;
    }
  }
}

function parseTcp(text: string, rest: string, tls: DockerTls | undefined): DockerAddress {
  const url = URL.parse(`http://${rest || "localhost"}`);
  if (!url || (url.pathname !== "/" && url.pathname !== "")) {
    throw dockerContextInvalid(`docker host ${JSON.stringify(text)}`, "it is no tcp://host:port");
  }
  // The URL drops :80, which is nobody's default here.
  const port = Number(url.port || (/:80$/.test(rest) ? 80 : tls ? DEFAULT_TLS_PORT : DEFAULT_PORT));
  return { kind: "tcp", host: url.hostname.replace(/^\[|\]$/g, ""), port, tls };
}

function parseSsh(text: string): DockerAddress {
  const url = URL.parse(text);
  if (!url || url.hostname === "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw dockerContextInvalid(`docker host ${JSON.stringify(text)}`, "it is no ssh://user@host:port without password");
  }
  const user = decodeURIComponent(url.username) || undefined;
  // Both become arguments of ssh, which must not take them for options.
  if (url.hostname.startsWith("-") || user?.startsWith("-")) {
    throw dockerContextInvalid(`docker host ${JSON.stringify(text)}`, "a name that starts with a dash");
  }
  const socket = url.pathname === "/" || url.pathname === "" ? undefined : decodeURIComponent(url.pathname);
  return { kind: "ssh", host: url.hostname, user, port: url.port === "" ? undefined : Number(url.port), socket };
}
