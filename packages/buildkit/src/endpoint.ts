/** PEM texts for mutual TLS. */
export interface ClientTls {
  /** The authority that signed the other side's certificate. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The name the other side must prove; also sent as SNI and `:authority`. */
  readonly serverName: string;
}

/**
 * Where a BuildKit answers.
 *
 * - `unix`: gRPC on a unix socket, as `buildkitd` serves it.
 * - `tcp`: gRPC on TCP; with `tls`, mutual TLS.
 * - `docker`: the BuildKit inside a Docker Engine, behind `POST /grpc` on the Docker socket.
 */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls?: ClientTls | undefined }
  | { readonly kind: "docker"; readonly path: string };
