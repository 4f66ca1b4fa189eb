import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthority, openAuthority } from "@opendepot/gateway";
import { BuildCertificates } from "./certificates.ts";

const expiresAt = new Date(Date.now() + 60_000);

test("a build has one certificate however often it asks, and another build another", async () => {
  const certificates = new BuildCertificates(await openAuthority(await createAuthority()));

  certificates.prepare({ buildId: "one", expiresAt });
  const [first, again, other] = await Promise.all([
    certificates.of({ buildId: "one", expiresAt }),
    certificates.of({ buildId: "one", expiresAt }),
    certificates.of({ buildId: "two", expiresAt }),
  ]);

  assert.equal(first.certPem, again.certPem);
  assert.notEqual(first.certPem, other.certPem);
});

test("a certificate that could not be made is tried again", async () => {
  let calls = 0;
  const certificates = new BuildCertificates({
    issueClient: async () => {
      calls++;
      if (calls === 1) throw new Error("no entropy");
      return { certPem: "cert", keyPem: "key", expiresAt };
    },
  });

  await assert.rejects(certificates.of({ buildId: "one", expiresAt }), /no entropy/);
  assert.equal((await certificates.of({ buildId: "one", expiresAt })).certPem, "cert");
});

test("an ended build's certificate is forgotten", async () => {
  const certificates = new BuildCertificates(await openAuthority(await createAuthority()));
  const before = await certificates.of({ buildId: "one", expiresAt });

  certificates.forget("one");

  assert.notEqual((await certificates.of({ buildId: "one", expiresAt })).certPem, before.certPem);
});
