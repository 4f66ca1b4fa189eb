import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "@opendepot/base";
import { processesIn, query, testFolder } from "../test/support.ts";
import { findBinaries } from "./binaries.ts";
import { findCandidates } from "./binary-candidates.ts";
import { startManagedPostgres } from "./index.ts";
import { chooseUser } from "./os-user.ts";
import { canReach, copyBinaries } from "./private-copy.ts";

const { candidates } = await findCandidates({});
const fromNpm = candidates.find((candidate) => candidate.packageVersion !== undefined);
const noNpm = { skip: fromNpm === undefined };

test("a copy runs for any user, even one of an installation without its links and its modes", noNpm, async () => {
  await using folder = await testFolder();
  const parent = join(folder.path, "made", "by", "us");
  const original = join(folder.path, "original");
  assert.ok(fromNpm);
  await copyBinaries(fromNpm.dir, "0", original);
  const [native = ""] = await readdir(original);
  const bin = join(original, native, "bin");
  await copyFile(join(fromNpm.dir, "../pg-symlinks.json"), join(bin, "../pg-symlinks.json"));
  await removeLinks(join(bin, "../lib"));
  await chmod(join(bin, "postgres"), 0o600);

  const copy = await copyBinaries(bin, "0", parent);

  const user = await chooseUser({ clusterDir: "/nonexistent", logger: silentLogger });
  const found = await findBinaries({ sources: { dir: copy }, dataDir: folder.path, user });
  assert.match(found.version, /^\d\d\./);
  assert.equal((await stat(join(folder.path, "made"))).mode & 0o005, 0o005);
});

test("copies that are made at the same time end as one whole copy", noNpm, async () => {
  await using folder = await testFolder();
  assert.ok(fromNpm);
  const { dir } = fromNpm;
  const made = await Promise.all([1, 2, 3].map(() => copyBinaries(dir, "1", folder.path)));
  assert.equal(new Set(made).size, 1);
  assert.equal((await readdir(folder.path)).length, 1);
});

const fromSystem = candidates.find((candidate) => candidate.packageVersion === undefined);

test("the system's PostgreSQL serves as well", { skip: fromSystem === undefined }, async () => {
  await using folder = await testFolder();
  const options = {
    dataDir: join(folder.path, "data"),
    binaries: { dir: fromSystem?.dir },
    settings: { fsync: "off" },
  };
  await using postgres = await startManagedPostgres(options);
  assert.deepEqual(await query(postgres, "show server_encoding"), ["UTF8"]);
});

test("a folder without programs is reported", async () => {
  await using folder = await testFolder();
  const starting = startManagedPostgres({ dataDir: join(folder.path, "data"), binaries: { dir: folder.path } });
  await assert.rejects(starting, { code: "postgres_missing", message: new RegExp(folder.path) });
});

test("programs that do not run are reported with what they said", async () => {
  await using folder = await testFolder();
  const bin = await fakePrograms(folder.path, { postgres: "echo no such library >&2; exit 127" });
  const starting = startManagedPostgres({ dataDir: join(folder.path, "data"), binaries: { dir: bin } });
  await assert.rejects(starting, { code: "postgres_unusable", message: /ended with 127: no such library/ });
});

test("programs of a version that is too old are refused", async () => {
  await using folder = await testFolder();
  const bin = await fakePrograms(folder.path, { postgres: 'echo "postgres (PostgreSQL) 9.6.24"' });
  const starting = startManagedPostgres({ dataDir: join(folder.path, "data"), binaries: { dir: bin } });
  await assert.rejects(starting, { code: "postgres_unusable", message: /is PostgreSQL 9, older than 15/ });
});

test("a start without progress is given up, and nothing of it stays", async () => {
  await using folder = await testFolder();
  const bin = await fakePrograms(folder.path, {
    initdb: "echo 18 > PG_VERSION",
    postgres: '[ "$1" = -V ] && exec echo "postgres (PostgreSQL) 18.4"; echo working >&2; exec sleep 60',
  });
  const options = { dataDir: join(folder.path, "data"), binaries: { dir: bin }, startTimeoutMs: 200 };
  await assert.rejects(startManagedPostgres(options), {
    code: "postgres_start_timeout",
    message: "PostgreSQL made no progress for 0.2 s while starting: working",
  });
  assert.deepEqual(await processesIn(folder.path), []);
});

test("a server that heeds no request to stop is killed in the end", async () => {
  await using folder = await testFolder();
  const bin = await fakePrograms(folder.path, {
    initdb: "echo 18 > PG_VERSION",
    postgres: `[ "$1" = -V ] && exec echo "postgres (PostgreSQL) 18.4"
trap : INT; trap 'kill $!; exit 3' QUIT
echo database system is ready to accept connections >&2
while :; do sleep 60 & wait; done`,
  });
  const options = { dataDir: join(folder.path, "data"), binaries: { dir: bin }, stopTimeoutMs: 200 };
  const postgres = await startManagedPostgres(options);
  await postgres[Symbol.asyncDispose]();
  assert.deepEqual(
    (await processesIn(folder.path)).filter((pid) => pid === postgres.pid),
    [],
  );
});

test("a server that ends while starting for an unknown reason is quoted", async () => {
  await using folder = await testFolder();
  const bin = await fakePrograms(folder.path, {
    initdb: "echo 18 > PG_VERSION",
    postgres: '[ "$1" = -V ] && exec echo "postgres (PostgreSQL) 18.4"; echo "FATAL:  the moon is full" >&2; exit 1',
  });
  const starting = startManagedPostgres({ dataDir: join(folder.path, "data"), binaries: { dir: bin } });
  await assert.rejects(starting, {
    code: "postgres_start_failed",
    message: "postgres ended with 1 while starting: FATAL:  the moon is full",
  });
  assert.match(await readFile(join(folder.path, "data/postgres.log"), "utf8"), /the moon is full/);
});

test("a folder can be reached when each folder above it lets the user pass", async () => {
  await using folder = await testFolder();
  const deep = join(folder.path, "a/b");
  await mkdir(deep, { recursive: true });
  const stranger = { name: "stranger", uid: 54_321, gid: 54_321 };
  for (const dir of ["a", "a/b"]) await chmod(join(folder.path, dir), 0o701);
  assert.equal(canReach(deep, stranger), true);
  await chmod(join(folder.path, "a"), 0o770);
  assert.equal(canReach(deep, stranger), false);
  const owner = await stat(deep);
  assert.equal(canReach(deep, { name: "owner", uid: owner.uid, gid: owner.gid }), true);
});

async function fakePrograms(parent: string, scripts: { postgres: string; initdb?: string }): Promise<string> {
  const bin = join(parent, "bin");
  await mkdir(bin);
  for (const [name, script] of Object.entries({ initdb: "exit 1", ...scripts })) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await chmod(bin, 0o755);
  return bin;
}

async function removeLinks(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(dir, entry.name));
  }
}
