import assert from "node:assert/strict";
import { test } from "node:test";
import { CredentialStore } from "@opendepot/buildkit";
import { createTestTarget } from "../target/testing/test-target.ts";
import type { Lease } from "./lease.ts";
import { isSavedBy, readSaving, schemeOf, withSaving } from "./saving.ts";

const HOST = "127.0.0.1:8700";
const created = {
  additionalTags: [{ tag: `${HOST}/p1:b1` }, { tag: `${HOST}/p1:v1` }, { tag: `${HOST}/p1:b1` }, {}],
  additionalCredentials: [{ host: HOST, token: Buffer.from("x-token:s3cret:with colon").toString("base64") }],
};
const serverUrl = new URL("http://127.0.0.1:8700");

function leaseWith(saving: Lease["saving"]): Lease {
  return { saving, buildId: "b1", projectId: "p1" } as Lease;
}

test("the server's names come once each, and its credentials as they are meant", () => {
  const saving = readSaving(created, serverUrl);

  assert.deepEqual(saving?.names, [`${HOST}/p1:b1`, `${HOST}/p1:v1`]);
  const auth = { username: "x-token", password: "s3cret:with colon", identityToken: "", registryToken: "" };
  assert.deepEqual(saving?.credentials, [{ host: HOST, auth }]);
});

test("a server that names nothing saves nothing", () => assert.equal(readSaving({}, serverUrl), undefined));

test("the server's registry speaks what the server speaks, and nobody else's is known", () => {
  const scheme = (domain: string, url: string): string | undefined => schemeOf({ domain }, new URL(url));

  assert.equal(scheme("depot.example:8700", "http://depot.example:8700/"), "http");
  assert.equal(scheme("depot:80", "http://depot"), "http");
  assert.equal(scheme("127.0.0.1:8700", "https://127.0.0.1:8700"), "https");
  assert.equal(scheme("depot:443", "https://depot"), "https");
  assert.equal(scheme("ghcr.io", "http://127.0.0.1:8700"), undefined);
});

test("credentials are for the registry of saved images alone, and go before those for all registries", async () => {
  const forAll = { username: "ann", password: "own", identityToken: "", registryToken: "" };
  const credentials = new CredentialStore({ configFolder: "/nonexistent", env: {}, forAll });
  const lease = leaseWith(readSaving(created, serverUrl));

  const target = withSaving({
    target: createTestTarget({ name: "web", outputs: [{ kind: "image", attributes: {} }] }),
    services: { services: [], credentials },
    lease,
    isNamed: true,
  });

  assert.equal((await credentials.get(HOST)).username, "x-token");
  assert.deepEqual(await credentials.get("ghcr.io"), forAll);
  assert.equal(target.outputs[0]?.attributes["name"], `${HOST}/p1:b1-web,${HOST}/p1:v1-web`);
  assert(isSavedBy(lease, target));
  assert(!isSavedBy(lease, { ...target, name: "other" }));
});

test("saving where nobody named a place is a failure", () => {
  const credentials = new CredentialStore({ configFolder: "/nonexistent", env: {} });
  const asked = { target: createTestTarget(), services: { services: [], credentials }, isNamed: false };

  assert.throws(() => withSaving({ ...asked, lease: leaseWith(undefined) }), { code: "save_unavailable" });
});
