import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const app = join(root, "apps/cli");

/**
 * Bundles `depot` into one file, `apps/cli/dist/depot.cjs`, since loading one file takes a third of the time of
 * loading its sources. CommonJS, so that what is imported on demand is also required on demand.
 * The launcher takes the bundle only as long as none of the inputs, listed beside it, is younger.
 */
export async function bundleCli(): Promise<void> {
  const { metafile } = await build({
    entryPoints: [join(app, "src/main.ts")],
    outfile: join(app, "dist/depot.cjs"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // import() of a built-in module evaluates all its lazy exports: node:http would load a whole fetch client.
    supported: { "dynamic-import": false },
    minify: true,
    metafile: true,
    logLevel: "warning",
    absWorkingDir: root,
  });
  const inputs = Object.keys(metafile.inputs).map((path) => relative(app, join(root, path)));
  await writeFile(join(app, "dist/depot.inputs.json"), JSON.stringify(inputs));
}

if (import.meta.main) await bundleCli();
