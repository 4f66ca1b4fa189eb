import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { isProblem, Problem, Secret } from "@opendepot/base";
import { type ApiClient, createApiClient } from "./client.ts";
import { toEnvelope } from "./envelopes.ts";
import { ImageApi } from "./methods.ts";
import { toConnectError } from "./problem-connect.ts";
import { imagesV1 } from "./services.ts";

interface Peer extends AsyncDisposable {
  readonly client: ApiClient;
}

async function serve(listener: RequestListener, timeoutMs = 10_000): Promise<Peer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const client = createApiClient({ url, token: new Secret("t0ken"), userAgent: "test", timeoutMs });
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The service as our server serves it. */
function serveImages(copyImage: ServiceImpl<typeof imagesV1.ImageService>["copyImage"]): Promise<Peer> {
  return serve(connectNodeAdapter({ routes: (router) => router.service(imagesV1.ImageService, { copyImage }) }));
}

async function collect(client: ApiClient, request = {}): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of client.stream(ImageApi.copyImage, request)) answers.push(answer);
  return answers;
}

test("a stream arrives message by message, from a server as ours", async () => {
  let seen: unknown;
  await using peer = await serveImages(async function* ({ projectId, target }, { requestHeader }) {
    seen = [projectId, target, requestHeader.get("authorization")];
    for (const sent of [1n, 2n]) yield { event: { case: "blob", value: { digest: "sha256:a", size: 2n, sent } } };
    yield { event: { case: "image", value: { digest: "sha256:b" } } };
  });

  const answers = await collect(peer.client, { projectId: "p1", target: "ghcr.io/acme/app:1" });

  assert.deepEqual(seen, ["p1", "ghcr.io/acme/app:1", "Bearer t0ken"]);
  assert.deepEqual(answers, [
    { blob: { digest: "sha256:a", size: "2", sent: "1" } },
    { blob: { digest: "sha256:a", size: "2", sent: "2" } },
    { image: { digest: "sha256:b" } },
  ]);
});

test("a problem ends a stream with its code, message and hint", async () => {
  await using peer = await serveImages(async function* () {
    yield { event: { case: "image", value: { digest: "sha256:b" } } };
    const problem = new Problem("registry_not_allowed", "not there", { hint: "elsewhere" });
    throw toConnectError(problem, { registry_not_allowed: Code.PermissionDenied });
  });

  await assert.rejects(collect(peer.client), (error) => {
    assert(isProblem(error, "registry_not_allowed"), String(error));
    assert.deepEqual([error.message, error.hint], ["not there", "elsewhere"]);
    return true;
  });
});

test("a server that does not know the method says so", async () => {
  await using unimplemented = await serve(
    connectNodeAdapter({ routes: (router) => router.service(imagesV1.ImageService, {}) }),
  );
  await using missing = await serve((_, response) => void response.writeHead(404).end());

  await assert.rejects(collect(unimplemented.client), (error) => isProblem(error, "api_unimplemented"));
  await assert.rejects(collect(missing.client), (error) => isProblem(error, "api_answer_invalid"));
});

test("leaving the loop ends the call at the server", async () => {
  const ended = Promise.withResolvers<void>();
  await using peer = await serveImages(async function* (_, { signal }) {
    signal.addEventListener("abort", () => ended.resolve());
    for (;;) {
      yield { event: { case: "image", value: { digest: "sha256:b" } } };
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return;
    }
  });

  for await (const _ of peer.client.stream(ImageApi.copyImage, {})) break;

  await ended.promise;
});

test("a stream without an end, and one that falls silent, are failures", async () => {
  const listener: RequestListener = (_, response) => {
    response.writeHead(200, { "content-type": "application/connect+json" });
    response.write(toEnvelope(Buffer.from("{}")));
  };
  await using silent = await serve(listener, 100);
  await using cut = await serve((request, response) => {
    listener(request, response);
    response.end();
  });

  await assert.rejects(collect(silent.client), (error) => isProblem(error, "api_timeout"));
  await assert.rejects(collect(cut.client), (error) => isProblem(error, "api_unreachable"));
});

test("an abort ends a stream with its reason", async () => {
  await using peer = await serve(() => undefined);
  const reason = new Error("enough");

  await assert.rejects(
    (async () => {
      const signal = AbortSignal.abort(reason);
      for await (const _ of peer.client.stream(ImageApi.copyImage, {}, { signal }));
    })(),
    (error) => error === reason,
  );
});
