import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createTestAuthority } from "@opendepot/buildkit/testing";
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
