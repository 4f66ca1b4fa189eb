import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@opendepot/base";
import { digestOf, parseNormalizedReference } from "@opendepot/oci";
import { openRegistry, type RegistryRepository } from "./repository.ts";
import { FakeRegistry, sendError } from "./testing/index.ts";
import type { BlobSource } from "./uploads.ts";

const content = Buffer.from("a layer in ten pieces");
const clock = { now: systemClock.now, sleep: async () => undefined };

function open(registry: FakeRegistry): Promise<RegistryRepository> {
  return openRegistry({ reference: parseNormalizedReference(`${registry.host}/acme/app`), access: "push", clock });
}

function source(opened: number[]): BlobSource {
  const openFrom = async function* (offset: number): AsyncGenerator<Uint8Array> {
    opened.push(offset);
    yield content.subarray(offset);
  };
  return { digest: digestOf(content), size: content.length, open: () => openFrom(0), openFrom };
}

/** Uploads that break off when they come in one piece, of which the registry then has `kept` bytes. */
function breakUploads(registry: FakeRegistry, kept: string, isRestTaken = true): void {
  let received = 0;
  registry.overrides.push(({ method, path, headers, body }, response) => {
    if (!path.includes("/blobs/uploads/1")) return false;
    if (method === "PUT" && body.length > 0 && received++ === 0) response.destroy();
    else if (method === "GET") response.writeHead(204, { range: kept, location: `${path}&again=1` }).end();
    else if (method === "PATCH" && isRestTaken) {
      assert.equal(headers["content-range"], `${content.length - body.length}-${content.length - 1}`);
      registry.blobs.set("rest", body);
      response.writeHead(202, { location: path }).end();
    } else if (method === "PATCH") sendError(response, 416, "BLOB_UPLOAD_INVALID", "no such upload");
    else if (method === "PUT" && body.length === 0) response.writeHead(201).end();
    else return false;
    return true;
  });
}

const uploads = (registry: FakeRegistry): string[] => registry.seen.map(({ method }) => method);

test("an upload that broke off goes on where the registry says that it is", async () => {
  await using registry = await FakeRegistry.start();
  breakUploads(registry, "0-9");
  await using repository = await open(registry);
  const opened: number[] = [];

  await repository.putBlob(source(opened));

  assert.deepEqual(opened, [0, 10]);
  assert.deepEqual(uploads(registry), ["POST", "PUT", "GET", "PATCH", "PUT"]);
  assert.equal(registry.blobs.get("rest")?.toString(), "in ten pieces".slice(-content.length + 10));
  assert(registry.log.at(-2)?.endsWith("&again=1"));
});

test("an upload of which the registry has everything is only ended", async () => {
  await using registry = await FakeRegistry.start();
  breakUploads(registry, `0-${content.length - 1}`);
  await using repository = await open(registry);
  const opened: number[] = [];

  await repository.putBlob(source(opened));

  assert.deepEqual(opened, [0]);
  assert.deepEqual(uploads(registry), ["POST", "PUT", "GET", "PUT"]);
});

for (const kept of ["0-0", "", "none", "0-999"]) {
  test(`a registry that says ${JSON.stringify(kept)} gets all of it again`, async () => {
    await using registry = await FakeRegistry.start();
    breakUploads(registry, kept);
    await using repository = await open(registry);
    const opened: number[] = [];

    await repository.putBlob(source(opened));

    assert.deepEqual(opened, [0, 0]);
    assert(registry.blobs.has(digestOf(content)));
  });
}

test("a registry that does not take the rest gets all of it again", async () => {
  await using registry = await FakeRegistry.start();
  breakUploads(registry, "0-9", false);
  await using repository = await open(registry);
  const opened: number[] = [];

  await repository.putBlob(source(opened));

  assert.deepEqual(opened, [0, 10, 10, 10, 10, 10, 0]);
  assert(registry.blobs.has(digestOf(content)));
});

test("content that can only be read from its beginning is not asked for in parts", async () => {
  await using registry = await FakeRegistry.start();
  breakUploads(registry, "0-9");
  await using repository = await open(registry);
  const opened: number[] = [];
  const { digest, size, open: openAll } = source(opened);

  await repository.putBlob({ digest, size, open: openAll });

  assert.deepEqual(opened, [0, 0]);
  assert.deepEqual(uploads(registry), ["POST", "PUT", "POST", "PUT"]);
});
