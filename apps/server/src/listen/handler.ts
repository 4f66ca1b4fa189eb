import type { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Logger } from "@opendepot/base";
import { messageOf } from "@opendepot/base";

/** Handles requests of HTTP/1.1 and HTTP/2 alike. */
export type NodeHandlerFn = ReturnType<typeof connectNodeAdapter>;

/** What is answered to a request that is no call of the API. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is no call of the API. */
export interface HttpRequest {
  readonly path: string;
  readonly authorization: string | undefined;
}

/** Answers the paths that it knows; undefined for others. */
export type HttpRoute = (request: HttpRequest) => Promise<HttpAnswer | undefined>;

const COMMON_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** A plain text answer. */
export function plainText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body, headers };
}

/** The first route that knows the path answers; GET and HEAD only. */
export function serveRoutes(routes: readonly HttpRoute[], logger: Logger): NodeHandlerFn {
  return (request, response) => {
    const send = (answer: HttpAnswer): void => {
      response.statusCode = answer.status;
      const length = String(Buffer.byteLength(answer.body));
      const headers = {
        ...COMMON_HEADERS,
        "content-type": answer.contentType,
        "content-length": length,
        ...answer.headers,
      };
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (request.method === "HEAD") response.end();
      else response.end(answer.body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      return send(plainText(405, "method not allowed\n", { allow: "GET, HEAD" }));
    }
    const path = new URL(request.url ?? "/", "http://server").pathname;
    answerFirst(routes, { path, authorization: request.headers.authorization }).then(send, (error: unknown) => {
      logger.error("request failed", { path, error: messageOf(error) });
      send(plainText(500, "internal error; the server's log says more\n"));
    });
  };
}

async function answerFirst(routes: readonly HttpRoute[], request: HttpRequest): Promise<HttpAnswer> {
  for (const route of routes) {
    const answer = await route(request);
    if (answer) return answer;
  }
  return plainText(404, "not found\n");
}
