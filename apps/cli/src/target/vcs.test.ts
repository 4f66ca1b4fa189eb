import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readVcsAttrs } from "./vcs.ts";

const REVISION = "0123456789abcdef0123456789abcdef01234567";

async function openRepository(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-vcs-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const config = (url: string): string =>
  `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n\tfetch = x\n[branch "main"]\n`;

test("revision, source and folders are read from the repository around the context", async () => {
  await using repository = await openRepository({
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/refs/heads/main": `${REVISION}\n`,
    ".git/config": config("https://user:token@example.com/a/b.git"),
    "app/Dockerfile": "",
  });
  const folder = join(repository.path, "app");

  const attrs = await readVcsAttrs({
    environment: {},
    folder,
    folders: { context: folder, dockerfile: repository.path, out: tmpdir() },
  });

  assert.deepEqual(attrs, {
    "vcs:revision": REVISION,
    "vcs:source": "https://example.com/a/b.git",
    "vcs:localdir:context": "app",
    "vcs:localdir:dockerfile": ".",
  });
});

test("packed refs and detached heads are understood", async () => {
  await using packed = await openRepository({
    ".git/HEAD": "ref: refs/heads/x\n",
    ".git/packed-refs": `# pack\n${REVISION} refs/heads/x\n`,
  });
  await using detached = await openRepository({ ".git/HEAD": `${REVISION}\n` });

  for (const { path } of [packed, detached]) {
    assert.equal((await readVcsAttrs({ environment: {}, folder: path, folders: {} }))["vcs:revision"], REVISION);
  }
});

test("a worktree's file leads to the repository", async () => {
  await using repository = await openRepository({
    "main/.git/worktrees/w/HEAD": "ref: refs/heads/w\n",
    "main/.git/worktrees/w/commondir": "../..\n",
    "main/.git/refs/heads/w": `${REVISION}\n`,
    "main/.git/config": config("ssh://git@host/a.git"),
  });
  await mkdir(join(repository.path, "w"));
  await writeFile(join(repository.path, "w/.git"), `gitdir: ${repository.path}/main/.git/worktrees/w\n`);

  const attrs = await readVcsAttrs({ environment: {}, folder: join(repository.path, "w"), folders: {} });

  assert.deepEqual(attrs, { "vcs:revision": REVISION, "vcs:source": "ssh://git@host/a.git" });
});

test("no repository, a broken one or BUILDX_GIT_INFO=0 give nothing", async () => {
  await using broken = await openRepository({ ".git": "nonsense" });
  await using whole = await openRepository({ ".git/HEAD": REVISION });

  assert.deepEqual(await readVcsAttrs({ environment: {}, folder: broken.path, folders: {} }), {});
  assert.deepEqual(await readVcsAttrs({ environment: { BUILDX_GIT_INFO: "0" }, folder: whole.path, folders: {} }), {});
  assert.deepEqual(await readVcsAttrs({ environment: {}, folder: "/proc", folders: {} }), {});
});
