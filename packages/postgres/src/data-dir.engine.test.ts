import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { isRoot, processesIn, query, testFolder, usedDataDir } from "../test/support.ts";
import { startManagedPostgres } from "./index.ts";

const run = promisify(execFile);
const linuxOnly = { skip: process.platform !== "linux" };
/** Root in a container may not be allowed to mount. */
const mountOnly = { skip: !isRoot || !(await canMount()) };
const rootOnly = { skip: !isRoot || process.platform !== "linux" };

test("files of another major version are refused with both versions and left alone", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await writeFile(join(dataDir, "cluster/PG_VERSION"), "13\n");
  await assert.rejects(startManagedPostgres({ dataDir }), {
    code: "postgres_version_mismatch",
    message: /was made by PostgreSQL 13, but this is PostgreSQL \d\d/,
  });
  await writeFile(join(dataDir, "cluster/PG_VERSION"), "18\n");
});

test("a folder with something else in it is refused and left alone", async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, "cluster"));
  await writeFile(join(folder.path, "cluster/thesis.txt"), "three years of work");
  await assert.rejects(startManagedPostgres({ dataDir: folder.path }), { code: "data_dir_corrupted" });
  assert.deepEqual(await readdir(join(folder.path, "cluster")), ["thesis.txt"]);
});

for (const missing of ["global/pg_control", "postgresql.conf", "pg_wal", "global"]) {
  test(`files without ${missing} are reported as damaged`, async () => {
    await using folder = await testFolder();
    const dataDir = await usedDataDir(folder.path);
    await rm(join(dataDir, "cluster", missing), { recursive: true });
    await assert.rejects(startManagedPostgres({ dataDir }), { code: "data_dir_corrupted" });
    assert.deepEqual(await processesIn(folder.path), []);
  });
}

test("a control file of zeros is reported as damage", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await writeFile(join(dataDir, "cluster/global/pg_control"), Buffer.alloc(8192));
  await assert.rejects(startManagedPostgres({ dataDir }), { code: "data_dir_corrupted" });
});

test("a file in the place of the folder is reported", async () => {
  await using folder = await testFolder();
  const dataDir = join(folder.path, "data");
  await writeFile(dataDir, "");
  await assert.rejects(startManagedPostgres({ dataDir }), { code: "data_dir_unusable" });
});

test("a read-only file system is reported", mountOnly, async () => {
  await using folder = await testFolder();
  await using _mount = await mountMemory(folder.path, "ro,size=64m");
  await assert.rejects(startManagedPostgres({ dataDir: join(folder.path, "data") }), { code: "data_dir_unusable" });
});

test("a disk that is too small for the database is reported, and nothing half-made stays", mountOnly, async () => {
  await using folder = await testFolder();
  await using _mount = await mountMemory(folder.path, "size=12m");
  const dataDir = join(folder.path, "data");
  await assert.rejects(startManagedPostgres({ dataDir }), { code: "disk_full" });
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name !== "postgres.log"),
    [],
  );
});

test("a disk that is full at a later start is reported", mountOnly, async () => {
  await using folder = await testFolder();
  await using _mount = await mountMemory(folder.path, "size=60m");
  const dataDir = await usedDataDir(folder.path);
  await run("sh", ["-c", 'cat /dev/zero > "$1" || true', "sh", join(folder.path, "filler")]);
  await assert.rejects(startManagedPostgres({ dataDir }), { code: "disk_full" });
  await rm(join(folder.path, "filler"));
  await using _later = await startManagedPostgres({ dataDir });
});

test("what an interrupted first start left behind is replaced", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await run("mv", [join(dataDir, "cluster"), join(dataDir, "cluster.new")]);
  await rm(join(dataDir, "cluster.new/pg_wal"), { recursive: true });
  await using postgres = await startManagedPostgres({ dataDir, settings: { fsync: "off" } });
  assert.deepEqual(await query(postgres, "select 1"), [1]);
});

test("files that root copied are handed to the server's user", rootOnly, async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await run("chown", ["-R", "root:root", dataDir]);
  await using postgres = await startManagedPostgres({ dataDir });
  assert.notEqual((await stat(join(dataDir, "cluster/PG_VERSION"))).uid, 0);
  assert.deepEqual(await query(postgres, "select 1"), [1]);
});

test("a leftover pid that another program of the same user has got meanwhile is no obstacle", linuxOnly, async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  const { uid, gid } = await stat(join(dataDir, "cluster"));
  const other = spawn("sleep", ["30"], { stdio: "ignore", ...(isRoot ? { uid, gid } : {}) });
  await once(other, "spawn");
  await writeFile(join(dataDir, "cluster/postmaster.pid"), `${other.pid}\n/somewhere\n1700000000\n5432\n\n\n\n`);
  try {
    await using postgres = await startManagedPostgres({ dataDir });
    assert.deepEqual(await query(postgres, "select 1"), [1]);
    assert.equal(other.exitCode, null);
  } finally {
    other.kill();
  }
});

test("a server that somebody else runs on the files is respected", linuxOnly, async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  const cluster = join(dataDir, "cluster");
  const program = await programOfRunningServer(dataDir);
  const { uid, gid } = await stat(cluster);
  const byHand = spawn(program, ["-D", "/proc/self/cwd", "-c", "listen_addresses=", "-k", "/proc/self/cwd"], {
    cwd: cluster,
    ...(isRoot ? { uid, gid } : {}),
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const piece of byHand.stderr) if (String(piece).includes("ready to accept")) break;
  try {
    await assert.rejects(startManagedPostgres({ dataDir }), {
      code: "data_dir_in_use",
      detail: { dataDir, pid: byHand.pid },
    });
    assert.equal(byHand.exitCode, null);
  } finally {
    byHand.kill("SIGQUIT");
    await once(byHand, "exit");
  }
});

test("the lock of a process that is gone, or cut short by a full disk, is taken over", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  for (const leftover of ['{"pid":4194304,"start":"x"}', `{"pid":${process.pid},"start":"an earlier boot/1"}`, ""]) {
    await writeFile(join(dataDir, "owner.lock"), leftover);
    await using _postgres = await startManagedPostgres({ dataDir });
  }
  assert.deepEqual((await readdir(dataDir)).sort(), ["cluster", "postgres.log"]);
});

async function programOfRunningServer(dataDir: string): Promise<string> {
  await using postgres = await startManagedPostgres({ dataDir });
  return await readlink(`/proc/${postgres.pid}/exe`);
}

async function mountMemory(at: string, options: string): Promise<AsyncDisposable> {
  await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at]);
  return {
    [Symbol.asyncDispose]: async () => {
      await run("umount", ["--lazy", at]);
    },
  };
}

async function canMount(): Promise<boolean> {
  await using folder = await testFolder();
  try {
    await using _mount = await mountMemory(folder.path, "size=1m");
    return true;
  } catch {
    return false;
  }
}
