import { chmod, copyFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "./house.ts";
import { hostPlatformName, type Platform } from "./platforms.ts";
import { runTool } from "./run-tool.ts";
import { stripSymbols } from "./strip-symbols.ts";

/** What an executable is made of. */
export interface ExecutableInput {
  readonly platform: Platform;
  /** Node.js of that platform. */
  readonly node: string;
  /** Node.js of the same version that runs here: only it knows the form in which that version wants its program. */
  readonly hostNode: string;
  /** The program: one CommonJS file that needs nothing but Node.js. */
  readonly bundle: string;
  /** What reads extended attributes on that platform; the program finds it as the asset `xattr.node`. */
  readonly xattr: string;
  readonly output: string;
}

/** As in https://nodejs.org/api/single-executable-applications.html, for Node.js 24. */
const RESOURCE = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const SEGMENT = "NODE_SEA";

/**
 * Writes a single executable: Node.js with the program inside. It appears under its name only once it is whole.
 *
 * @throws {Problem} `tool_failed`
 */
export async function makeExecutable(input: ExecutableInput): Promise<void> {
  const work = await mkdtemp(join(dirname(input.output), ".executable-"));
  try {
    const executable = join(work, "depot");
    await writeFile(executable, stripSymbols(await readFile(input.node)));
    await inject(executable, await makeBlob(work, input), input.platform);
    await chmod(executable, 0o755);
    await rename(executable, input.output);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeBlob(work: string, { bundle, hostNode, platform, xattr }: ExecutableInput): Promise<string> {
  // Names without folders: Node.js writes the program's into the blob, and where it was built is nobody's business.
  const [main, settings, output] = ["depot.cjs", "sea.json", "program.blob"];
  const asset = "xattr.node";
  await copyFile(bundle, join(work, main));
  await copyFile(xattr, join(work, asset));
  const config = {
    main,
    output,
    assets: { [asset]: asset },
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // Compiled code fits only the platform that it was compiled on.
    useCodeCache: platform.name === hostPlatformName,
    // What NODE_OPTIONS asks of the Node.js of a project is not meant for this program.
    execArgvExtension: "none",
  };
  await writeFile(join(work, settings), JSON.stringify(config));
  await runTool([hostNode, "--experimental-sea-config", settings], { cwd: work });
  return join(work, output);
}

/** In a process of its own, since it needs some 600 MB. */
async function inject(executable: string, blob: string, { format }: Platform): Promise<void> {
  const tool = join(root, "node_modules/postject/dist/cli.js");
  const words = [executable, RESOURCE, blob, "--sentinel-fuse", FUSE];
  await runTool([process.execPath, tool, ...words, ...(format === "mach-o" ? ["--macho-segment-name", SEGMENT] : [])]);
}
