import assert from "node:assert/strict";
import { test } from "node:test";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { Secret } from "@opendepot/base";
import { openClient } from "./client.ts";
import { resolveS3Options } from "./options.ts";

const BODY = Buffer.from("hello");
const HASH_OF_BODY = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/** The headers of a PUT as it would leave. */
async function headersAt(endpoint: string): Promise<Record<string, string>> {
  const credentials = { accessKeyId: "key", secretAccessKey: new Secret("secret") };
  const client = openClient(resolveS3Options({ bucket: "blobs", endpoint: new URL(endpoint), credentials }));
  let headers: Record<string, string> = {};
  client.middlewareStack.add(
    () => async (args) => {
      headers = (args.request as { headers: Record<string, string> }).headers;
      throw new Error("far enough");
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await assert.rejects(client.send(new PutObjectCommand({ Bucket: "blobs", Key: "key", Body: BODY })), /far enough/);
  client.destroy();
  return headers;
}

test("a body is signed, but not hashed once more where TLS protects it", async () => {
  const plain = await headersAt("http://s3.example.org");
  const encrypted = await headersAt("https://s3.example.org");

  assert.equal(plain["x-amz-content-sha256"], HASH_OF_BODY);
  assert.equal(encrypted["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
  for (const headers of [plain, encrypted]) {
    assert.match(headers["authorization"] ?? "", /SignedHeaders=\S*x-amz-content-sha256/);
    assert.equal(headers["expect"] ?? headers["Expect"], undefined);
  }
});
