import { registryAnswerInvalid } from "./problems.ts";
import { discard, type HttpAnswer, type HttpRequest, type Transport } from "./transport.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

/**
 * Sends a GET or HEAD and follows where it is sent on to, at most five times. Credentials stay with the host that they
 * are for; a way from TLS to plain HTTP is not taken.
 *
 * @throws {Problem} `registry_answer_invalid`; whatever {@link Transport.send} throws
 */
export async function sendFollowing(transport: Transport, request: HttpRequest, name: string): Promise<HttpAnswer> {
  let next = request;
  for (let redirects = 0; ; redirects++) {
    const answer = await transport.send(next);
    if (!REDIRECTS.has(answer.status)) return answer;
    discard(answer);
    if (redirects >= MAX_REDIRECTS) throw registryAnswerInvalid(name, "it redirects in circles");
    const url = resolveLocation(answer.headers.location, next.url, name);
    next = { ...next, url, headers: headersFor(next, url) };
  }
}

/**
 * Where `Location` points to from `base`. A registry behind a proxy that does not know that it is reached by TLS names
 * itself with `http:`: its own host keeps the scheme that it was reached by.
 *
 * @throws {Problem} `registry_answer_invalid`
 */
export function resolveLocation(location: string | undefined, base: URL, name: string): URL {
  const url = location === undefined ? null : URL.parse(location, base.href);
  if (!url || !/^https?:$/.test(url.protocol)) throw registryAnswerInvalid(name, "it sends us on to nowhere");
  url.username = "";
  url.password = "";
  if (url.hostname === base.hostname && base.protocol === "https:" && url.protocol === "http:") {
    url.protocol = "https:";
    url.port = base.port;
  }
  if (base.protocol === "https:" && url.protocol === "http:") {
    throw registryAnswerInvalid(name, `it sends us on to ${url.host} without TLS`);
  }
  return url;
}

function headersFor(request: HttpRequest, url: URL): Readonly<Record<string, string>> {
  if (url.origin === request.url.origin) return request.headers;
  const { authorization: _, ...rest } = request.headers;
  return rest;
}
