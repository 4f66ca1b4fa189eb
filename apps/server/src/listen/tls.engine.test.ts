import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { connect as connect2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { isProblem } from "@opendepot/base";
import { createAuthority, openAuthority } from "@opendepot/gateway";
import type { TrustAnchor } from "../commands/ca.ts";
import { callControl, controlSocketOf } from "../instance/control-socket.ts";
import { startFakeServer } from "../testing/test-server.ts";
import { tlsSource } from "./tls.ts";

const run = promisify(execFile);

function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/healthz`, { ca }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve(`HTTP/${response.httpVersion} ${response.statusCode} ${body}`));
    });
    asking.on("error", reject).end();
  });
}

test("a server with its own certificate is trusted by whoever trusts its authority, over HTTP/1.1 and HTTP/2", async () => {
  await using server = await startFakeServer({ settings: { tls: "own", publicUrl: "https://depot.test:8700" } });
  const { caPem, isServed, url } = await callControl<TrustAnchor>(controlSocketOf(server.dataDir), "ca");
  await using folder = await mkdtempDisposable(join(tmpdir(), "ca-"));
  const caFile = join(folder.path, "ca.pem");
  await writeFile(caFile, caPem);
  const { port } = new URL(server.url);

  assert.deepEqual({ isServed, url }, { isServed: true, url: "https://depot.test:8700" });
  assert.equal(await get(server.url, caPem), "HTTP/1.1 200 ok\n");
  await assert.rejects(get(server.url, ""), { code: /CERT|SIGNED|VERIFY/ });
  const session = connect2(server.url, { ca: caPem });
  const status = await new Promise((resolve, reject) => {
    session.on("error", reject);
    session
      .request({ ":path": "/healthz" })
      .on("response", (headers) => resolve(headers[":status"]))
      .resume();
  });
  session.close();
  assert.equal(status, 200);
  const resolve = `depot.test:${port}:127.0.0.1`;
  const curl = await run("curl", [
    "-sS",
    "--cacert",
    caFile,
    "--resolve",
    resolve,
    `https://depot.test:${port}/healthz`,
  ]);
  assert.equal(curl.stdout, "ok\n");
});

test("a certificate from files is read again, and what is none is told with both names", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tls-"));
  const [certFile, keyFile] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
  const authority = await openAuthority(await createAuthority());
  const renew = async (): Promise<string> => {
    const { certPem, keyPem } = await authority.issueServer("127.0.0.1");
    await Promise.all([writeFile(certFile, certPem), writeFile(keyFile, keyPem)]);
    return certPem;
  };
  const source = tlsSource({ kind: "files", certFile, keyFile }, { authority, names: [] });
  const isTold = (error: unknown): boolean =>
    isProblem(error, "tls_files_invalid") && error.message.includes(certFile) && error.message.includes(keyFile);

  await assert.rejects(async () => source?.(), isTold);
  for (let round = 0; round < 2; round++) {
    const cert = await renew();
    assert.equal((await source?.())?.cert, cert);
  }
  await writeFile(keyFile, "not a key");
  await assert.rejects(async () => source?.(), isTold);
});
