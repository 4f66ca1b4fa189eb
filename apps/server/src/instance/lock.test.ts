import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { findOwner, lockDataDir } from "./lock.ts";
import { identifyProcess } from "./process-identity.ts";

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "depot-lock-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What another process could have left as the newest lock. */
async function leave(folder: string, text: string): Promise<void> {
  await mkdir(join(folder, "lock"), { recursive: true });
  const numbers = (await readdir(join(folder, "lock"))).map(Number);
  await writeFile(join(folder, "lock", String(Math.max(0, ...numbers) + 1)), text);
}

test("of many that want a data folder one gets it, and the others are told who has it", async (context) => {
  const folder = join(await makeFolder(context), "new");

  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(folder)));

  const winners = taken.filter((each) => each.status === "fulfilled");
  assert.equal(winners.length, 1);
  for (const each of taken) {
    if (each.status === "fulfilled") continue;
    assert.ok(isProblem(each.reason, "already_running"), String(each.reason));
    assert.match(each.reason.message, new RegExp(`process id ${process.pid} `));
  }
  assert.equal((await findOwner(folder))?.pid, process.pid);
  await winners[0]?.value[Symbol.asyncDispose]();
  assert.equal(await findOwner(folder), undefined);
  await using _ = await lockDataDir(folder);
});

test("what dead processes left is taken over: killed ones, torn files, reused numbers", async (context) => {
  const folder = await makeFolder(context);
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const dead = await identifyProcess(child.pid ?? 0);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const self = await identifyProcess(process.pid);

  for (const left of [JSON.stringify(dead), "", '{"pid":', JSON.stringify({ ...self, birth: "another time" })]) {
    await leave(folder, left);
    await using _ = await lockDataDir(folder);
    assert.equal((await findOwner(folder))?.pid, process.pid, left);
  }
  assert.deepEqual(await readdir(join(folder, "lock")), ["8"], "nothing piles up");
});

test("many that find a dead one's lock at once still leave one owner", async (context) => {
  const folder = await makeFolder(context);

  for (let round = 0; round < 20; round++) {
    await leave(folder, '{"pid":1,"birth":"never"}');
    const taken = await Promise.allSettled(Array.from({ length: 6 }, () => lockDataDir(folder)));
    const winners = taken.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));

    assert.equal(winners.length, 1, `round ${round}`);
    await winners[0]?.[Symbol.asyncDispose]();
  }
});

test("a folder that cannot be made is named", async (context) => {
  const file = join(await makeFolder(context), "file");
  await writeFile(file, "");

  await assert.rejects(lockDataDir(join(file, "data")), (error) => isProblem(error, "data_dir_unusable"));
});
