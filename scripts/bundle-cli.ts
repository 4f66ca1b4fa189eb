import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, type OutputFile, type Plugin } from "esbuild";
import { xattrBinaryIn, xattrPackageOf } from "./xattr-package.ts";

const root = join(import.meta.dirname, "..");
const app = join(root, "apps/cli");

/**
 * Bundles `depot` into one file, `apps/cli/dist/depot.cjs`, since loading one file takes a third of the time of
 * loading its sources. CommonJS, so that what is imported on demand is also required on demand. Beside it lies the one
 * thing that cannot be inside: `xattr.node`, for this platform.
 * The launcher takes the bundle only as long as none of the inputs, listed beside it, is younger.
 */
export async function bundleCli(): Promise<void> {
  const { metafile, outputFiles } = await build({
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
    write: false,
    banner: { js: LAZY_MODULES },
    plugins: [nativeXattr],
    logLevel: "warning",
    absWorkingDir: root,
  });
  await rm(join(app, "dist/compiled"), { recursive: true, force: true }); // of the bundle before
  await mkdir(join(app, "dist"), { recursive: true });
  for (const file of outputFiles) await writeFile(file.path, withLazyModules(file));
  await placeXattr(join(app, "dist/xattr.node"));
  const inputs = Object.keys(metafile.inputs).map((path) => relative(app, join(root, path)));
  await writeFile(join(app, "dist/depot.inputs.json"), JSON.stringify(inputs));
}

/** Has `@napi-rs/xattr` replaced by `bundled-xattr.ts`, which finds its native part without `node_modules`. */
const nativeXattr: Plugin = {
  name: "native-xattr",
  setup: (bundling) => {
    bundling.onResolve({ filter: /^@napi-rs\/xattr$/ }, () => ({ path: join(app, "src/bundled-xattr.ts") }));
    bundling.onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** A new file each time: the one that is there may be in use. Without the package depot says what it lacks. */
async function placeXattr(target: string): Promise<void> {
  const installed = join(root, "node_modules", xattrPackageOf(`${process.platform}-${process.arch}`));
  if (!existsSync(installed)) return await rm(target, { force: true });
  await copyFile(xattrBinaryIn(installed), `${target}.${process.pid}`);
  await rename(`${target}.${process.pid}`, target);
}

/** Gives a module that is loaded when something of it is used for the first time. */
const LAZY_MODULES =
  "const lazily=(name)=>{let loaded;return new Proxy({},{get:(_,key)=>(loaded??=require(name))[key]})};";

/**
 * Puts off the loading of Node's own modules, of which a command uses few of those that its parts import: together they
 * take as long as all of a cached build. Only plain imports of names are put off, which is nearly all there are; `node:fs` and `node:path`
 * are there in any case.
 */
function withLazyModules({ text }: OutputFile): string {
  return text.replaceAll(/([\w$]=)require\(("node:(?!(?:fs|path)")[a-z/_]+")\)/g, "$1lazily($2)");
}

if (import.meta.main) await bundleCli();
