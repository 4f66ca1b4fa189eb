import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { createTestAuthority } from "@opendepot/buildkit/testing";
import { parseNormalizedReference } from "@opendepot/oci";
import { openRegistry } from "./repository.ts";
import { FakeRegistry } from "./testing/index.ts";
import { createTransport, readBounded, type TransportOptions } from "./transport.ts";

async function get(url: URL, options: TransportOptions): Promise<string | undefined> {
  using transport = createTransport(options);
  const answer = await transport.send({ method: "GET", url, headers: {} });
  return (await readBounded(answer, 100))?.toString();
}

test("a certificate of an authority of one's own is trusted where that is named, and any where that is asked for", async () => {
  const authority = await createTestAuthority();
  const server = createServer(await authority.issue("localhost"), (_, response) => response.end("hello"));
  server.listen(0, "localhost");
  await once(server, "listening");
  const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);

  await assert.rejects(get(url, {}), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  assert.equal(await get(url, { authorities: [authority.ca] }), "hello");
  assert.equal(await get(url, { acceptsAnyCertificate: true }), "hello");
  server.closeAllConnections();
  server.close();
});

test("a host at an address that is not allowed is not connected to, by name, number or redirect", async () => {
  await using registry = await FakeRegistry.start();
  const { port } = new URL(`http://${registry.host}`);
  const asked: string[] = [];
  using guarded = createTransport({
    allows: (host, address) => {
      asked.push(`${host} ${address}`);
      return false;
    },
  });

  for (const host of ["127.0.0.1", "localhost"]) {
    await assert.rejects(
      guarded.send({ method: "GET", url: new URL(`http://${host}:${port}/v2/`), headers: {} }),
      (error) => isProblem(error, "registry_not_allowed"),
    );
  }

  assert.deepEqual(registry.seen, []);
  assert.equal(asked[0], `127.0.0.1:${port} 127.0.0.1`);
  assert(asked.slice(1).every((line) => line.startsWith(`localhost:${port} `)));
});

test("a redirect to an address that is not allowed is not followed", async () => {
  await using registry = await FakeRegistry.start();
  await using inside = await FakeRegistry.start();
  registry.overrides.push((_, response) => {
    response.writeHead(307, { location: `http://${inside.host}/secret` }).end();
    return true;
  });
  const reference = parseNormalizedReference(`${registry.host}/acme/app`);
  await using repository = await openRegistry({ reference, allows: (host) => host === registry.host });

  await assert.rejects(repository.manifest("1.0"), (error) => isProblem(error, "registry_not_allowed"));

  assert.deepEqual(inside.seen, []);
});
