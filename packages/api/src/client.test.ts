import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { isProblem, Secret } from "@opendepot/base";
import { createApiClient } from "./client.ts";
import { BuildApi } from "./methods.ts";

async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: URL; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    url,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a call posts JSON with the token and reads the answer", async () => {
  const seen: Record<string, unknown> = {};
  await using peer = await serve(async (request, response) => {
    Object.assign(seen, {
      url: request.url,
      auth: request.headers.authorization,
      type: request.headers["content-type"],
    });
    for await (const chunk of request) seen["body"] = `${seen["body"] ?? ""}${chunk}`;
    response.end(JSON.stringify({ buildId: "b1" }));
  });
  await using client = createApiClient({ url: peer.url, token: new Secret("t0ken"), userAgent: "test" });

  const answer = await client.call(BuildApi.getBuild, { buildId: "b1" });

  assert.deepEqual(answer, { buildId: "b1" });
  assert.deepEqual(seen, {
    url: "/depot.cli.v1.BuildService/GetBuild",
    auth: "Bearer t0ken",
    type: "application/json",
    body: '{"buildId":"b1"}',
  });
});

test("the server's problem arrives with its own code, message and hint", async () => {
  await using peer = await serve((_request, response) => {
    response.statusCode = 404;
    const debug = { code: "project_not_found", hint: "list them" };
    const details = [{ type: "opendepot.v1.ProblemDetail", value: "", debug }];
    response.end(JSON.stringify({ code: "not_found", message: "no project abc", details }));
  });
  await using client = createApiClient({ url: peer.url, userAgent: "test" });

  await assert.rejects(client.call(BuildApi.getBuild, {}), (error) => {
    assert(isProblem(error, "project_not_found"));
    assert.deepEqual(
      [error.message, error.hint, error.detail["connectCode"]],
      ["no project abc", "list them", "not_found"],
    );
    return true;
  });
});

test("an error without our detail is named after Connect's code", async () => {
  await using peer = await serve((_request, response) => {
    response.statusCode = 501;
    response.end(JSON.stringify({ code: "unimplemented", message: "later" }));
  });
  await using client = createApiClient({ url: peer.url, userAgent: "test" });

  await assert.rejects(client.call(BuildApi.getBuild, {}), (error) => isProblem(error, "api_unimplemented"));
});

test("something that is not our server is told apart from a problem", async () => {
  await using peer = await serve((_request, response) => void response.writeHead(502).end("<html>bad gateway</html>"));
  await using client = createApiClient({ url: peer.url, userAgent: "test" });

  await assert.rejects(client.call(BuildApi.getBuild, {}), (error) => isProblem(error, "api_answer_invalid"));
});

test("a server that is down is named with its address", async () => {
  const { url } = await (async () => {
    await using peer = await serve(() => {});
    return { url: peer.url };
  })();
  await using client = createApiClient({ url, userAgent: "test" });

  await assert.rejects(
    client.call(BuildApi.getBuild, {}),
    (error) => isProblem(error, "api_unreachable") && error.message.includes(url.origin),
  );
});

test("a server that never answers is left after the limit, and at once on abort", async () => {
  await using peer = await serve(() => {});
  await using client = createApiClient({ url: peer.url, userAgent: "test" });

  await assert.rejects(client.call(BuildApi.getBuild, {}, { timeoutMs: 20 }), (error) =>
    isProblem(error, "api_timeout"),
  );
  const signal = AbortSignal.abort(new Error("user left"));
  await assert.rejects(client.call(BuildApi.getBuild, {}, { signal }), /user left/);
});

test("calls use one connection after the other has been answered, and a new one when it was closed", async () => {
  const ports: unknown[] = [];
  await using peer = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    if (ports.length === 3) response.setHeader("connection", "close");
    response.end("{}");
  });
  await using client = createApiClient({ url: peer.url, userAgent: "test" });

  for (let round = 0; round < 4; round++) await client.call(BuildApi.getBuild, {});
  peer.server.closeAllConnections();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await client.call(BuildApi.getBuild, {});

  const [first, second, third, fourth, fifth] = ports;
  assert.deepEqual([second, third], [first, first]);
  assert.equal(new Set([third, fourth, fifth]).size, 3);
});
