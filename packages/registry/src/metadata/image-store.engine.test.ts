import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { passTime } from "../testing/pass-time.ts";
import { TestClient } from "../testing/test-client.ts";
import { startTestRegistry } from "../testing/test-registry.ts";
import type { ImageStore } from "./image-store.ts";

checkLeaks({ graceMs: 5_000 });

const DAY_MS = 24 * 60 * 60_000;

async function start() {
  const server = await startTestRegistry();
  const client = new TestClient(server);
  const tags = async (repository: string): Promise<string[]> =>
    (await server.registry.images.list(repository)).images.map(({ tag }) => tag);
  return { server, client, tags, images: server.registry.images };
}

async function allPages(images: ImageStore, repository: string, pageSize: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let pageToken: string | undefined; ; ) {
    const page = await images.list(repository, { pageSize, pageToken });
    pages.push(page.images.map(({ tag }) => tag));
    pageToken = page.nextPageToken;
    if (pageToken === undefined) return pages;
  }
}

suite("images of a repository", () => {
  test("come newest first, page by page, also while others come and go", async () => {
    const { server, client, images } = await start();
    await using _ = server;
    for (const tag of ["1", "2", "3", "4", "5"]) {
      await client.pushImage("p", tag);
      await passTime(server.database.query, 1000);
    }

    const pages = await allPages(images, "p", 2);
    const first = await images.list("p", { pageSize: 2 });
    await client.pushImage("p", "6");
    await images.deleteTags("p", ["4"]);
    const second = await images.list("p", { pageSize: 2, pageToken: first.nextPageToken });

    assert.deepEqual(pages, [["5", "4"], ["3", "2"], ["1"]]);
    assert.deepEqual(
      second.images.map(({ tag }) => tag),
      ["3", "2"],
    );
    assert.deepEqual((await images.list("no/such")).images, []);
    await assert.rejects(images.list("p", { pageToken: "nonsense" }), { code: "page_token_invalid" });
  });

  test("say when they were pushed and pulled", async () => {
    const { server, client, images } = await start();
    await using _ = server;
    const pushed = await client.pushImage("p", "1");
    const [before] = (await images.list("p")).images;

    await client.send("HEAD", "/v2/p/manifests/1");
    const [looked] = (await images.list("p")).images;
    await client.send("GET", `/v2/p/manifests/${pushed.digest}`);
    const [after] = (await images.list("p")).images;

    assert.equal(before?.digest, pushed.digest);
    assert.ok(Math.abs((before?.pushedAt.getTime() ?? 0) - Date.now()) < 60_000);
    assert.deepEqual([before?.pulledAt, looked?.pulledAt, before?.expiresAt], [undefined, undefined, undefined]);
    assert.ok(after?.pulledAt instanceof Date);
  });

  test("are deleted by tag, and the answer says which were there", async () => {
    const { server, client, tags, images } = await start();
    await using _ = server;
    for (const tag of ["1", "2", "3"]) await client.pushImage("p", tag);

    const deleted = await images.deleteTags("p", ["1", "3", "9"]);

    assert.deepEqual([...deleted].sort(), ["1", "3"]);
    assert.deepEqual(await tags("p"), ["2"]);
    assert.deepEqual(await images.deleteTags("no/such", ["1"]), []);
    assert.deepEqual(await images.deleteTags("p", []), []);
  });

  test("stay as long as their repository says, those that are there and those to come", async () => {
    const { server, client, tags, images } = await start();
    await using _ = server;
    await client.pushImage("p", "old");
    await passTime(server.database.query, 2 * DAY_MS);

    await images.setRetention("p", { kind: "age", ms: 3 * DAY_MS });
    await client.pushImage("p", "new");
    await passTime(server.database.query, 1.5 * DAY_MS);
    const afterAge = await tags("p");
    await images.setRetention("p", { kind: "forever" });
    await passTime(server.database.query, 100 * DAY_MS);

    assert.deepEqual(afterAge, ["new"]);
    assert.deepEqual(await images.retention("p"), { kind: "forever" });
  });

  test("stay longer when they are pushed again", async () => {
    const { server, client, tags, images } = await start();
    await using _ = server;
    await images.setRetention("p", { kind: "age", ms: 3 * DAY_MS });
    await client.pushImage("p", "1");
    await passTime(server.database.query, 2 * DAY_MS);
    await client.pushImage("p", "1");
    await passTime(server.database.query, 2 * DAY_MS);

    assert.deepEqual(await tags("p"), ["1"]);
    assert.deepEqual(await images.retention("p"), { kind: "age", ms: 3 * DAY_MS });
  });

  test("stay when they are among the newest, others go with the next collection", async () => {
    const { server, client, tags, images } = await start();
    await using _ = server;
    for (const tag of ["1", "2", "3"]) {
      await client.pushImage("p", tag);
      await client.pushImage("q", tag);
      await passTime(server.database.query, 1000);
    }

    await images.setRetention("p", { kind: "newest", count: 2 });
    const atOnce = await tags("p");
    await client.pushImage("p", "4");
    await server.registry.collect();

    assert.deepEqual(atOnce, ["3", "2"]);
    assert.deepEqual(await tags("p"), ["4", "3"]);
    assert.deepEqual((await tags("q")).length, 3);
    assert.deepEqual(await images.retention("p"), { kind: "newest", count: 2 });
  });

  test("may each have an end of its own", async () => {
    const { server, client, tags, images } = await start();
    await using _ = server;
    for (const tag of ["1", "2"]) await client.pushImage("p", tag);

    assert.ok(await images.expireTag("p", "1", new Date(Date.now() + DAY_MS)));
    assert.ok(!(await images.expireTag("p", "9", undefined)));
    await passTime(server.database.query, 2 * DAY_MS);

    assert.deepEqual(await tags("p"), ["2"]);
    assert.ok(!(await images.expireTag("p", "1", undefined)), "what has expired does not come back");
  });

  test("go with their repository, and blobs that others have stay", async () => {
    const { server, client, images } = await start();
    await using _ = server;
    const layer = Buffer.from("shared");
    await client.pushImage("p", "1", { layers: [layer] });
    const child = await client.pushImage("p");
    await client.pushIndex("p", "all", [child]);
    const kept = await client.pushImage("q", "1", { layers: [layer] });
    const upload = await client.startUpload("p");

    const [isRemoved, isRemovedAgain] = [await images.removeRepository("p"), await images.removeRepository("p")];
    await server.registry.collect({ orphanAgeMs: -60_000 });

    assert.deepEqual([isRemoved, isRemovedAgain], [true, false]);
    assert.deepEqual(await images.repositories({ limit: 10 }), ["q"]);
    assert.equal((await client.send("GET", "/v2/p/manifests/1")).status, 404);
    assert.equal((await client.send("GET", upload)).status, 404);
    assert.deepEqual((await client.send("GET", `/v2/q/blobs/${kept.blobs[1]?.digest}`)).body, layer);
  });
});
