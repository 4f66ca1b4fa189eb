import { globSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./house.ts";
import { runTool } from "./run-tool.ts";

const RELATIVE_SOURCE = /(?<=(?:from|import\() ?")(\.{1,2}\/[^"]+)\.ts(?=")/g;

/**
 * Compiles sources to JavaScript and declarations, all packages at once, into `FOLDER/PACKAGE/src/…`: only what the
 * entries reach, so neither tests nor what serves them.
 *
 * @param entries paths of source files from the folder `packages`
 * @throws {Problem} `tool_failed`
 */
export async function compilePackages(entries: readonly string[], folder: string): Promise<void> {
  const settings = join(folder, "tsconfig.json");
  await writeFile(settings, JSON.stringify(settingsFor(entries, folder)));
  await runTool([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", settings]);
  for (const file of globSync("**/*.d.ts", { cwd: folder })) nameBuiltFiles(join(folder, file));
}

function settingsFor(entries: readonly string[], folder: string): object {
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      incremental: false,
      tsBuildInfoFile: null,
      rewriteRelativeImportExtensions: true,
      rootDir: join(root, "packages"),
      outDir: folder,
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [],
    files: entries.map((entry) => join(root, "packages", entry)),
  };
}

/** The compiler rewrites imports in JavaScript, but leaves those in declarations as they are. */
function nameBuiltFiles(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(RELATIVE_SOURCE, "$1.js"));
}
