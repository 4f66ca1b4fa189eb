import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testBaseImage } from "@opendepot/testing";

/** A stage `base` with a shell, from the busybox that every context of {@link openContext} holds. */
export const BASE = 'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n';

/** A folder with a static busybox and the given files. */
export async function openContext(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-build-"));
  await copyFile(join(await testBaseImage(), "busybox"), join(path, "busybox"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
