import { access, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fetchDebianPackages, findExecutable } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";
import { runProgram } from "./run-program.ts";

const FETCH_MS = 10 * 60_000;
const FOLDER = "/proc/sys/fs/binfmt_misc";
const PREFIX = "opendepot-test-";

/** The beginning of 64-bit little-endian ELF programs for AArch64, static or not: elf(5). */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/**
 * Has the kernel run programs for arm64 under QEMU, inside containers too, until it is disposed of. Needs root. The
 * emulator is that of the PATH, or of Debian's package, fetched once.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function registerEmulator(): Promise<AsyncDisposable> {
  await using cleanup = new AsyncDisposableStack();
  const emulator = await findEmulator();
  if (!(await isThere(path.join(FOLDER, "register")))) {
    await mountTool("mount", "-t", "binfmt_misc", "binfmt_misc", FOLDER);
    cleanup.defer(() => mountTool("umount", FOLDER));
  }
  for (const name of await readdir(FOLDER)) {
    const isLeft = name.startsWith(PREFIX) && !(await isThere(`/proc/${name.slice(PREFIX.length)}`));
    if (isLeft) await unregister(name);
  }
  const name = `${PREFIX}${process.pid}`;
  // Flag F opens the interpreter now: inside a container there is none.
  await writeFile(path.join(FOLDER, "register"), `:${name}:M::${MAGIC}:${MASK}:${emulator}:F`);
  cleanup.defer(() => unregister(name));
  const owned = cleanup.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function findEmulator(): Promise<string> {
  const searchPath = process.env["PATH"] ?? "";
  const known = await findExecutable("qemu-aarch64-static", searchPath);
  if (known) return known;
  const into = path.join(cacheFolder, "qemu");
  const signal = AbortSignal.timeout(FETCH_MS);
  const names = ["qemu-user-static"];
  await fetchDebianPackages({ names, suite: "system", into, path: searchPath, env: process.env, signal });
  return path.join(into, "usr/bin/qemu-aarch64-static");
}

async function unregister(name: string): Promise<void> {
  await writeFile(path.join(FOLDER, name), "-1").catch(() => undefined); // another process may have done so
}

async function mountTool(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}

async function isThere(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
