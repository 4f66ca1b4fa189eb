import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { type Descriptor, MediaType, makeIndex } from "@opendepot/oci";
import { resolveImage } from "./resolve-image.ts";
import { MemoryContent } from "./testing/memory-content.ts";

const signal = AbortSignal.timeout(10_000);
const layer = Buffer.from("layer");

function withPlatform({ descriptor }: { descriptor: Descriptor }, architecture: string): Descriptor {
  return { ...descriptor, platform: { os: "linux", architecture } };
}

function assertUnsuitable(work: Promise<unknown>, text: RegExp): Promise<void> {
  return assert.rejects(work, (error) => isProblem(error, "load_image_unsuitable") && text.test(error.message));
}

test("an image is found behind an index, past its attestations", async () => {
  const content = new MemoryContent();
  const image = content.addImage(layer);
  const attestation = {
    ...withPlatform(content.addImage(Buffer.from("proof")), "unknown"),
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  const index = makeIndex([withPlatform(image, "amd64"), attestation]);
  content.add(index.bytes, MediaType.ociIndex);

  const found = await resolveImage({ content, descriptor: index.descriptor, signal });

  assert.equal(found.descriptor.digest, image.descriptor.digest);
  assert.deepEqual(found.manifest.layers, [image.layer]);
});

test("of several images the one for the platform is taken, and without one none", async () => {
  const content = new MemoryContent();
  const [one, other] = [content.addImage(layer), content.addImage(Buffer.from("other"))];
  const index = makeIndex([withPlatform(one, "amd64"), withPlatform(other, "arm64")]);
  content.add(index.bytes, MediaType.ociIndex);
  const { descriptor } = index;

  const found = await resolveImage({ content, descriptor, platform: { os: "linux", architecture: "arm64" }, signal });

  assert.equal(found.descriptor.digest, other.descriptor.digest);
  await assertUnsuitable(resolveImage({ content, descriptor, signal }), /2 images/);
  const s390x = { os: "linux", architecture: "s390x" };
  await assertUnsuitable(resolveImage({ content, descriptor, platform: s390x, signal }), /no image for the platform/);
});

test("what is gone, wrong or too large is refused", async () => {
  const content = new MemoryContent();
  const { descriptor } = content.addImage(layer);

  content.blobs.set(descriptor.digest, Buffer.from("{}"));
  await assertUnsuitable(resolveImage({ content, descriptor, signal }), /something else/);
  const large = { ...descriptor, size: 5 * 1024 ** 2 };
  await assertUnsuitable(resolveImage({ content, descriptor: large, signal }), /5242880 bytes/);
  content.blobs.clear();
  await assertUnsuitable(resolveImage({ content, descriptor, signal }), /does not have/);
});
