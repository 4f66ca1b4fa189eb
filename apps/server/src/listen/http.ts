import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Mirror } from "@opendepot/mirror";
import type { Registry, RegistryResponse } from "@opendepot/registry";
import type { ApiDeps } from "../api/deps.ts";
import { createInterceptors, createRoutes } from "../api/routes.ts";
import type { Metrics } from "../metrics.ts";
import { createPages } from "../page/routes.ts";
import { type HttpRoute, type NodeHandlerFn, plainText, serveRoutes } from "./handler.ts";

/** What the port answers with. */
export interface HttpDeps {
  readonly api: ApiDeps;
  readonly registry: Pick<Registry, "owns" | "handle">;
  /** Lies below the registry's API, and is asked first. */
  readonly mirror: Pick<Mirror, "owns" | "handle">;
  readonly metrics: Metrics;
  /** False while the server is being stopped; rejects when it cannot work. */
  readonly isReady: () => Promise<boolean>;
}

/** For one message; a batch of statuses is far smaller. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The handler of the one port: API, registry, build pages, metrics and health. */
export function createHttpHandler({ api, registry, mirror, metrics, isReady }: HttpDeps): NodeHandlerFn {
  const routes: HttpRoute[] = [
    answerHealth(isReady),
    answerMetrics(metrics),
    createPages({ stores: api.stores, recorder: api.recorder, clock: api.clock }),
  ];
  const answer = connectNodeAdapter({
    routes: createRoutes(api),
    interceptors: createInterceptors(api, metrics),
    readMaxBytes: MAX_MESSAGE_BYTES,
    fallback: serveRoutes(routes, api.logger),
  });
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "/";
    const content = [mirror, registry].find((one) => one.owns(path));
    if (!content) return answer(request, response);
    void content.handle(request, response as RegistryResponse); // Connect's type of it is one of the two, too
  };
}

/** 200 when calls can be answered, 503 otherwise: for load balancers and for whoever starts the server. */
function answerHealth(isReady: () => Promise<boolean>): HttpRoute {
  return async ({ path }) => {
    if (path !== "/healthz") return undefined;
    const ready = await isReady().catch(() => undefined);
    if (ready) return plainText(200, "ok\n");
    return plainText(503, ready === false ? "stopping\n" : "the database does not answer\n");
  };
}

/** For Prometheus. The numbers tell how busy the server is, and nothing of anybody's builds. */
function answerMetrics(metrics: Metrics): HttpRoute {
  return async ({ path }) => {
    if (path !== "/metrics") return undefined;
    const { contentType, text } = await metrics.render();
    return { status: 200, contentType, body: text };
  };
}
