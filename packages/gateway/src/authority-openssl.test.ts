import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { createAuthority, openAuthority } from "./authority.ts";
import { serverNameOf } from "./names.ts";

const run = promisify(execFile);
const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

test("OpenSSL accepts both kinds of certificates by its strict rules, each for its own purpose only", {
  skip: hasOpenssl ? false : "no openssl here",
}, async () => {
  const authority = await openAuthority(await createAuthority());
  const folder = await mkdtemp(path.join(tmpdir(), "od-authority-"));
  const verify = async (file: string, purpose: string): Promise<string> => {
    const flags = ["verify", "-x509_strict", "-check_ss_sig", "-CAfile", path.join(folder, "ca.pem")];
    return await run("openssl", [...flags, "-purpose", purpose, path.join(folder, file)]).then(
      ({ stdout }) => stdout.trim().replace(/^.*: /, ""),
      () => "refused",
    );
  };
  try {
    await writeFile(path.join(folder, "ca.pem"), authority.caPem);
    await writeFile(path.join(folder, "client.pem"), (await authority.issueClient({ buildId: "b1" })).certPem);
    await writeFile(path.join(folder, "server.pem"), (await authority.issueServer(serverNameOf("p1"))).certPem);

    assert.equal(await verify("client.pem", "sslclient"), "OK");
    assert.equal(await verify("server.pem", "sslserver"), "OK");
    assert.equal(await verify("client.pem", "sslserver"), "refused");
    assert.equal(await verify("server.pem", "sslclient"), "refused");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
