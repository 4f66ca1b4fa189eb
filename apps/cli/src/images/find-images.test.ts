import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createApiClient } from "@opendepot/api";
import { isProblem, Secret } from "@opendepot/base";
import { formatReference } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { findSavedImages } from "./find-images.ts";
import type { ImageCommand } from "./open-images.ts";

const HOST = "depot.example:8700";

type Answer = { readonly status?: number; readonly body: object };

/** A server that answers by method and by what it is asked for. */
async function serve(answer: (method: string, request: Record<string, string>) => Answer) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    const { status = 200, body } = answer(request.url?.split("/").at(-1) ?? "", JSON.parse(text));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const token = new Secret("own-token");
  const api = createApiClient({ url, token, userAgent: "test" });
  const command = {
    ...{ server: { api, url, token }, registryHost: HOST, projectId: "p1" },
    context: { signal: new AbortController().signal } as CliContext,
  } as ImageCommand;
  return {
    find: (name: string, ...targets: string[]) => findSavedImages(name, targets, command),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const notFound: Answer = { status: 404, body: { code: "not_found", message: "no such thing" } };

function info(options: readonly object[]): Answer {
  return { body: { reference: `${HOST}/p1:b1`, username: "x-token", password: "pull", options } };
}

test("what a build saved is found by its id, with the names that it gave", async () => {
  await using server = await serve(() => info([{ command: "COMMAND_BUILD", save: true, tags: ["app:1"] }]));

  const [image, ...others] = await server.find("b1");

  assert.equal(formatReference(image.reference), `${HOST}/p1:b1`);
  assert.deepEqual([image.buildId, image.projectId, image.tags, image.username], ["b1", "p1", ["app:1"], "x-token"]);
  assert.equal(image.password.reveal(), "pull");
  assert.deepEqual(others, []);
  await assert.rejects(server.find("b1", "web"), { code: "target_unknown" });
});

test("of a bake all saved targets are found, or those that are asked for", async () => {
  const bake = (targetName: string, save: boolean): object => ({ command: "COMMAND_BAKE", targetName, save, tags: [] });
  await using server = await serve(() => info([bake("web", true), bake("base", false), bake("api", true)]));
  const names = async (...targets: string[]): Promise<string[]> =>
    (await server.find("b1", ...targets)).map(({ reference }) => reference.tag ?? "");

  assert.deepEqual(await names(), ["b1-web", "b1-api"]);
  assert.deepEqual(await names("api"), ["b1-api"]);
  await assert.rejects(names("base"), (error) => {
    assert(isProblem(error, "target_unknown"));
    assert.match(error.hint ?? "", /available targets are web, api$/);
    return true;
  });
});

test("a build that saved nothing is no tag either", async () => {
  await using server = await serve(() => info([{ command: "COMMAND_BUILD", tags: [] }]));
  await assert.rejects(server.find("b1"), { code: "build_not_saved" });
});

test("what is no build is a tag of the project", async () => {
  const asked: string[] = [];
  await using server = await serve((method, { projectId }) => {
    asked.push(method);
    return method === "GetPullToken" && projectId === "p1" ? { body: { token: "made" } } : notFound;
  });

  const [image] = await server.find("v1");
  const [below] = await server.find("team/app:v1");

  assert.equal(formatReference(image.reference), `${HOST}/p1:v1`);
  assert.equal(image.password.reveal(), "made");
  assert.equal(formatReference(below.reference), `${HOST}/p1/team/app:v1`);
  assert.deepEqual(asked, ["GetPullInfo", "GetPullToken", "GetPullToken"]);
  await assert.rejects(server.find(`${HOST}/p2:v1`), { code: "image_unknown" });
});

test("a token that may only pull is used as it is", async () => {
  const detail = { type: "opendepot.v1.ProblemDetail", debug: { code: "not_permitted" } };
  const refused = { status: 403, body: { code: "permission_denied", message: "no", details: [detail] } };
  await using server = await serve((method) => (method === "GetPullToken" ? refused : notFound));

  const [image] = await server.find("v1");

  assert.equal(image.password.reveal(), "own-token");
});

test("a server in trouble is not taken for one that does not know", async () => {
  await using server = await serve(() => ({ status: 503, body: { code: "unavailable", message: "later" } }));
  await assert.rejects(server.find("b1"), { code: "api_unavailable" });
});
