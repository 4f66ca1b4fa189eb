import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MediaType } from "@opendepot/oci";
import { checkLeaks, runProgram, startTestPostgres } from "@opendepot/testing";
import pg from "pg";
import { openFolderStore } from "./blobs/folder/folder-store.ts";
import { choicesOf } from "./blobs/testing/random.ts";
import { openRegistryDatabase } from "./metadata/open-database.ts";
import { startRegistryProcess } from "./testing/registry-process.ts";
import { findDamage } from "./testing/replica.ts";
import { sha256, TestClient } from "./testing/test-client.ts";
import { startTestRegistry } from "./testing/test-registry.ts";

checkLeaks({ graceMs: 8_000 });

const LIMIT_MS = 5 * 60_000;

async function makeFolder(cleanup: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "od-faults-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

suite("faults", { timeout: LIMIT_MS }, () => {
  test("killed in the middle of pushes, again and again: what was acknowledged is there, whole", async (context) => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await makeFolder(cleanup);
    const { connectionString } = cleanup.use(await startTestPostgres());
    const choices = choicesOf(7);
    const acknowledged: Array<{ readonly reference: string; readonly blobs: readonly string[] }> = [];

    for (let round = 0; round < 5; round++) {
      await using registry = await startRegistryProcess({ connectionString, folder });
      const until = { isOver: false };
      const pushers = Array.from({ length: 4 }, async (_, pusher) => {
        for (let count = 0; !until.isOver; count++) {
          try {
            const layers = [randomBytes(200_000), randomBytes(1000)];
            const pushed = await registry.client.pushImage("a", `r${round}-p${pusher}-${count}`, { layers });
            acknowledged.push({ reference: pushed.digest, blobs: pushed.blobs.map(({ digest }) => digest) });
          } catch {
            return; // that is the kill
          }
        }
      });
      const before = acknowledged.length;
      while (acknowledged.length < before + 4) await sleep(5);
      await sleep(choices.below(50));
      await registry.kill();
      until.isOver = true;
      await Promise.all(pushers);
    }

    await using registry = await startRegistryProcess({ connectionString, folder });
    await using database = await openRegistryDatabase({ connectionString });
    await using store = await openFolderStore({ folder });
    assert.deepEqual(await findDamage(database.query, store), []);
    for (const { reference, blobs } of acknowledged) {
      assert.equal((await registry.client.send("GET", `/v2/a/manifests/${reference}`)).status, 200);
      for (const digest of blobs)
        assert.equal(sha256((await registry.client.send("GET", `/v2/a/blobs/${digest}`)).body), digest);
    }
    context.diagnostic(`${acknowledged.length} pushes were acknowledged`);
  });

  test("an upload goes on after a restart where it was", async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await makeFolder(cleanup);
    const { connectionString } = cleanup.use(await startTestPostgres());
    const bytes = randomBytes(3_000_000);
    const first = await startRegistryProcess({ connectionString, folder });
    const location = await first.client.startUpload("a");
    await first.client.send("PATCH", location, { body: bytes.subarray(0, 2_000_000) });
    await first.kill();

    await using second = await startRegistryProcess({ connectionString, folder });
    const status = await second.client.send("GET", location);
    const headers = { "content-range": "2000000-2999999" };
    const rest = await second.client.send("PATCH", location, { body: bytes.subarray(2_000_000), headers });
    const put = await second.client.send("PUT", `${location}?digest=${sha256(bytes)}`);

    assert.equal(status.headers.get("range"), "0-1999999");
    assert.deepEqual([rest.status, put.status], [202, 201]);
    assert.deepEqual((await second.client.send("GET", `/v2/a/blobs/${sha256(bytes)}`)).body, bytes);
  });

  test("a full disk is told as such; what is there stays, and uploads go on once there is room", async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await makeFolder(cleanup);
    const mounted = await runProgram(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
    assert.equal(mounted.code, 0, mounted.stderr);
    cleanup.defer(async () => void (await runProgram(["umount", folder])));
    const server = cleanup.use(await startTestRegistry({ folder: join(folder, "blobs") }));
    const client = new TestClient(server);
    const kept = await client.pushImage("a", "1");
    const ballast = await client.pushBlob("a", randomBytes(1_500_000));
    const large = randomBytes(3_500_000);
    const location = await client.startUpload("a");

    const refused = await client.send("PATCH", location, { body: large });
    const pulled = await client.send("GET", "/v2/a/manifests/1");
    await client.send("DELETE", `/v2/a/blobs/${ballast.digest}`);
    await server.registry.collect();
    const range = (await client.send("GET", location)).headers.get("range") ?? "";
    const size = range === "0-0" ? 0 : Number(range.split("-")[1]) + 1;
    const rest = await client.send("PUT", `${location}?digest=${sha256(large)}`, { body: large.subarray(size) });

    assert.equal(refused.status, 507);
    assert.equal(JSON.parse(refused.body.toString()).errors[0].code, "UNKNOWN");
    assert.match(refused.body.toString(), /no space left/);
    assert.ok(!refused.body.toString().includes(folder));
    assert.equal(pulled.status, 200);
    assert.ok(kept.blobs.length > 0);
    assert.equal(rest.status, 201, rest.body.toString());
  });

  test("a database that lets nobody in is 503 with the body of the specification, and all is well afterwards", async () => {
    await using postgres = await startTestPostgres();
    await using server = await startTestRegistry({ connectionString: postgres.connectionString });
    const client = new TestClient(server);
    await client.pushImage("a", "1");
    const url = new URL(postgres.connectionString);
    const name = url.pathname.slice(1);
    url.pathname = "/postgres";
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();

    await admin.query(`alter database ${name} with allow_connections false`);
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    const gone = await client.send("GET", "/v2/a/manifests/1");
    const pushed = await client.send("POST", "/v2/a/blobs/uploads/");
    await admin.query(`alter database ${name} with allow_connections true`);
    await admin.end();
    let back = await client.send("GET", "/v2/a/manifests/1");
    // Connections that were cut are found out one by one.
    for (let tries = 0; back.status === 503 && tries < 20; tries++)
      back = await client.send("GET", "/v2/a/manifests/1");

    for (const { status, code } of [gone, pushed]) assert.deepEqual([status, code], [503, "UNKNOWN"]);
    assert.ok(!gone.body.toString().includes(name));
    assert.equal(back.status, 200);
  });

  test("a registry that is closed ends what runs, and refuses what comes", async () => {
    const server = await startTestRegistry();
    const client = new TestClient(server);
    const location = await client.startUpload("a");
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield randomBytes(1000);
        await sleep(5);
      }
    }
    const running = client.send("PATCH", location, { body: endless() }).then(
      ({ status }) => status,
      () => "cut",
    );
    while (server.blobs && (await server.blobs.uploadSize(location.split("/").at(-1) ?? "")) === 0) await sleep(5);

    await server.registry[Symbol.asyncDispose]();
    const afterwards = await client.send("GET", "/v2/");
    await server[Symbol.asyncDispose]();

    assert.deepEqual([afterwards.status, afterwards.code], [503, "UNKNOWN"]);
    assert.ok([503, "cut"].includes(await running));
  });

  test("manifests of any type survive a restart, whichever server is asked", async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await makeFolder(cleanup);
    const { connectionString } = cleanup.use(await startTestPostgres());
    await using one = await startRegistryProcess({ connectionString, folder });
    await using other = await startRegistryProcess({ connectionString, folder });

    const pushed = await one.client.pushImage("a", "1");
    const pulled = await other.client.send("GET", "/v2/a/manifests/1");
    await one.kill();
    const still = await other.client.send("GET", `/v2/a/blobs/${pushed.blobs[1]?.digest}`);

    assert.equal(pulled.headers.get("content-type"), MediaType.ociManifest);
    assert.equal(still.status, 200);
  });
});
