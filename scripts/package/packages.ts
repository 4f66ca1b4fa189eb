import { globSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePackages } from "./compile.ts";
import { root } from "./house.ts";
import { entriesOf, publishedManifest, type SourceManifest } from "./manifest.ts";
import { packageUnfit } from "./problems.ts";
import { PUBLISHED } from "./published.ts";
import { runTool } from "./run-tool.ts";

/**
 * Makes a tarball of each published package in `folder`, which is made anew.
 *
 * @returns the names of the tarballs
 * @throws {Problem} `package_unfit`, `tool_failed`
 */
export async function makePackages(folder: string, say: (line: string) => void): Promise<string[]> {
  const work = await mkdtemp(join(tmpdir(), "od-packages-"));
  try {
    const manifests = await Promise.all(PUBLISHED.map(readManifest));
    say(`packages: compiling ${PUBLISHED.length}`);
    const built = join(work, "built");
    await mkdir(built);
    const entries = manifests.flatMap(({ manifest, room }) =>
      entriesOf(manifest).map(([, entry]) => `${room}/src/${entry}.ts`),
    );
    await compilePackages(entries, built);
    const versions = new Map(manifests.map(({ manifest }) => [manifest.name, manifest.version]));
    const staged: string[] = [];
    for (const { manifest, room } of manifests) {
      const place = join(work, "staged", room);
      await cp(join(built, room, "src"), join(place, "dist"), { recursive: true });
      await copyHandWritten(join(root, "packages", room, "src"), join(place, "dist"));
      await writeFile(
        join(place, "package.json"),
        `${JSON.stringify(publishedManifest(manifest, versions), null, 2)}\n`,
      );
      await cp(join(root, "LICENSE"), join(place, "LICENSE"));
      await cp(join(root, "packages", room, "README.md"), join(place, "README.md"));
      await refusePaths(place);
      staged.push(place);
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    say("packages: packing");
    const packed = await runTool([
      "npm",
      "pack",
      "--json",
      "--ignore-scripts",
      "--pack-destination",
      folder,
      ...staged,
    ]);
    return Object.values<{ filename: string }>(JSON.parse(packed)).map(({ filename }) => filename);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readManifest(room: string): Promise<{ manifest: SourceManifest; room: string }> {
  return { manifest: JSON.parse(await readFile(join(root, "packages", room, "package.json"), "utf8")), room };
}

/** JavaScript that is not compiled, with its declarations. */
async function copyHandWritten(source: string, into: string): Promise<void> {
  for (const file of globSync("**/*.{js,cjs,mjs,d.cts,d.mts}", { cwd: source }).filter((path) => !/test/.test(path)))
    await cp(join(source, file), join(into, file));
}

/** Nothing that is handed out may tell where it was built. */
async function refusePaths(place: string): Promise<void> {
  for (const file of globSync("**/*.{js,ts,json}", { cwd: place })) {
    const text = await readFile(join(place, file), "utf8");
    if (text.includes(root)) throw packageUnfit(`${file} names the folder that it was built in`);
  }
}
