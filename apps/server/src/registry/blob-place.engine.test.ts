import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startTestS3 } from "@opendepot/testing";
import { createTestProject } from "../testing/project.ts";
import { startFakeServer } from "../testing/test-server.ts";

test("images are in a bucket where the server is told so, and clients may be sent there for them", async () => {
  await using s3 = await startTestS3();
  process.env["AWS_ACCESS_KEY_ID"] = s3.accessKeyId;
  process.env["AWS_SECRET_ACCESS_KEY"] = s3.secretAccessKey;
  const blobStore = `s3://${s3.bucket}/images?endpoint=${s3.endpoint.origin}&redirect=true`;
  await using server = await startFakeServer({ settings: { blobStore } });
  const { projectId } = await createTestProject(server);
  const authorization = `Basic ${Buffer.from(`x-token:${server.adminToken}`).toString("base64")}`;
  const blob = Buffer.from("a blob");
  const digest = `sha256:${createHash("sha256").update(blob).digest("hex")}`;
  const url = `${server.url}/v2/${projectId}/blobs`;

  const pushed = await fetch(`${url}/uploads/?digest=${digest}`, {
    method: "POST",
    body: blob,
    headers: { authorization, "content-type": "application/octet-stream" },
  });
  const sent = await fetch(`${url}/${digest}`, { headers: { authorization }, redirect: "manual" });
  const refused = await fetch(`${url}/${digest}`, { redirect: "manual" });

  assert.equal(pushed.status, 201);
  assert.equal(sent.status, 307);
  const place = new URL(sent.headers.get("location") ?? "");
  assert.equal(place.origin, s3.endpoint.origin);
  assert.match(place.pathname, /\/images\/blobs\/sha256\//);
  assert.equal(await (await fetch(place)).text(), "a blob");
  assert.equal(refused.status, 401);
  assert.equal(existsSync(join(server.dataDir, "registry")), false);
});
