import { Problem } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";

/** What a server answers when a builder is ready: `GetBuildKitConnectionResponse.ActiveConnection`. */
export interface ActiveConnection {
  /** `tcp://host:port` */
  readonly endpoint?: string;
  readonly serverName?: string;
  readonly cert?: { readonly cert?: string; readonly key?: string };
  readonly caCert?: { readonly cert?: string };
}

/**
 * The builder's endpoint. TLS is used when the server sent certificates.
 *
 * @throws {Problem} `api_answer_invalid`
 */
export function toEndpoint({ endpoint = "", serverName = "", cert, caCert }: ActiveConnection): Endpoint {
  const url = URL.parse(endpoint);
  if (url?.protocol !== "tcp:" || url.hostname === "" || url.port === "") throw answerInvalid(endpoint);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port);
  const [ca, ownCert, key] = [caCert?.cert ?? "", cert?.cert ?? "", cert?.key ?? ""];
  if (ca === "" && ownCert === "") return { kind: "tcp", host, port };
  return { kind: "tcp", host, port, tls: { ca, cert: ownCert, key, serverName } };
}

function answerInvalid(endpoint: string): Problem<"api_answer_invalid"> {
  return new Problem(
    "api_answer_invalid",
    `the server named a builder at ${JSON.stringify(endpoint)}, which is no address`,
    {
      hint: "check that client and server are of matching versions",
    },
  );
}
