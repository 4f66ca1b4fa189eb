import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { WriteAction, WriteContentRequest } from "../../gen/containerd/services/content/v1/content.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { callInMemory } from "../../testing/memory-call.ts";
import { encode } from "../../wire/index.ts";
import { createContentStores } from "./index.ts";
import { type ManifestOutput, openManifestOutput } from "./manifest-output.ts";

async function send(output: ManifestOutput, kind: string, data: Uint8Array, pieces = 1): Promise<string> {
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.concat(Array(pieces).fill(data)))
    .digest("hex")}`;
  await callInMemory(createContentStores({ [output.storeId]: output.store }), {
    method: "Write",
    metadata: { "buildkit-attachable-store-id": output.storeId },
    engine: async (side) => {
      const answers = side.messages[Symbol.asyncIterator]();
      const ask = async (action: WriteAction, offset: number, bytes?: Uint8Array): Promise<void> => {
        const request = { action, ref: `${kind}-${digest}`, expected: digest, offset: BigInt(offset) };
        await side.send(encode(WriteContentRequest, { ...request, data: bytes ?? new Uint8Array() }));
        await answers.next();
      };
      await ask(WriteAction.STAT, 0);
      for (let piece = 0; piece < pieces; piece++) await ask(WriteAction.WRITE, piece * data.length, data);
      await ask(WriteAction.COMMIT, pieces * data.length);
      side.end();
    },
  });
  return digest;
}

const failsWith = (code: number) => (error: unknown) => error instanceof GrpcError && error.code === code;

test("manifests and attestations are kept until it is disposed of, layers are said to be here", async () => {
  let path: string;
  {
    await using output = await openManifestOutput();
    path = output.store.path;

    const attestation = await send(output, "attestation", Buffer.from('{"predicate":{}}'));
    await assert.rejects(send(output, "layer", Buffer.from("layer")), failsWith(GrpcCode.alreadyExists));
    const index = await send(output, "index", Buffer.from("{}"));

    assert.equal(output.root, index);
    assert.equal(Buffer.from(await output.store.read(attestation)).toString(), '{"predicate":{}}');
    assert.ok(existsSync(path));
  }
  assert.equal(existsSync(path), false);
});

test("a builder cannot fill the disk with what it calls an attestation", async () => {
  await using output = await openManifestOutput();
  const piece = Buffer.alloc(8 * 1024 * 1024);

  await assert.rejects(send(output, "attestation", piece, 9), failsWith(GrpcCode.resourceExhausted));

  assert.equal(output.root, undefined);
});
