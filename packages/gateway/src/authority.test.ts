import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";

import { isProblem } from "@opendepot/base";

import { createAuthority, openAuthority } from "./authority.ts";
import { buildIdOf, serverNameOf } from "./names.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test("a client certificate names its build, is for clients only and lives a day", async () => {
  const authority = await openAuthority(await createAuthority());

  const { certPem, keyPem, expiresAt } = await authority.issueClient({ buildId: "b_1-X" });

  const certificate = new X509Certificate(certPem);
  assert.equal(buildIdOf(certificate), "b_1-X");
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.ok(certificate.verify(new X509Certificate(authority.caPem).publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(keyPem)));
  assert.equal(createPublicKey(keyPem).asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert.ok(Math.abs(expiresAt.getTime() - Date.now() - 24 * HOUR_MS) < MINUTE_MS);
  assert.ok(new Date(certificate.validFrom).getTime() < Date.now() - MINUTE_MS, "a peer's clock may be behind");
});

test("a server certificate proves the builder's name and no other", async () => {
  const authority = await openAuthority(await createAuthority());

  const { certPem } = await authority.issueServer(serverNameOf("p1-arm64"));

  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.checkHost(serverNameOf("p1-arm64")), serverNameOf("p1-arm64"));
  assert.equal(certificate.checkHost(serverNameOf("p2-arm64")), undefined);
  assert.equal(buildIdOf(certificate), undefined);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
});

test("a stored authority issues what its certificate verifies after a restart", async () => {
  const stored = JSON.parse(JSON.stringify(await createAuthority()));

  const { certPem } = await (await openAuthority(stored)).issueClient({ buildId: "b1" });

  const ca = new X509Certificate(stored.certPem);
  assert.ok(ca.ca);
  assert.ok(new X509Certificate(certPem).checkIssued(ca));
  assert.ok(new Date(ca.validTo).getTime() > Date.now() + 9 * 365 * 24 * HOUR_MS);
});

test("serial numbers and keys are never the same", async () => {
  const authority = await openAuthority(await createAuthority());

  const issued = await Promise.all(Array.from({ length: 20 }, () => authority.issueClient({ buildId: "b1" })));

  assert.equal(new Set(issued.map(({ certPem }) => new X509Certificate(certPem).serialNumber)).size, 20);
  assert.equal(new Set(issued.map(({ keyPem }) => keyPem)).size, 20);
});

test("no certificate outlives its authority", async () => {
  const stored = await createAuthority();
  const authority = await openAuthority(stored);

  const { certPem, expiresAt } = await authority.issueClient({ buildId: "b1", expiresAt: new Date("2200-01-01") });

  const ca = new X509Certificate(stored.certPem);
  assert.equal(new X509Certificate(certPem).validTo, ca.validTo);
  assert.equal(expiresAt.getTime(), new Date(ca.validTo).getTime());
});

test("a build id that is none gets no certificate", async () => {
  const authority = await openAuthority(await createAuthority());

  await assert.rejects(authority.issueClient({ buildId: "a b" }), (error) => isProblem(error, "build_id_invalid"));
});

test("a broken authority, or a key of another one, is refused when opened", async () => {
  const [one, other] = [await createAuthority(), await createAuthority()];

  for (const stored of [
    { certPem: "", keyPem: "" },
    { ...one, keyPem: "" },
    { ...one, keyPem: other.keyPem },
    { ...one, certPem: one.keyPem },
  ]) {
    await assert.rejects(openAuthority(stored), (error) => isProblem(error, "authority_invalid"));
  }
});

test("a server's certificate has all its names, addresses of both kinds too", async () => {
  const authority = await openAuthority(await createAuthority());
  const { certPem } = await authority.issueServer("depot.test", "127.0.0.1", "::1", "2001:db8::8:800:200c:417a");
  const { subjectAltName } = new X509Certificate(certPem);
  assert.equal(
    subjectAltName,
    "DNS:depot.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:8:800:200C:417A",
  );
});
