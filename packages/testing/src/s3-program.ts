import path from "node:path";
import { findExecutable, holdHostLock } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";
import { runProgram } from "./run-program.ts";

const INSTALL_MS = 9 * 60_000;
const INSTALLER = path.join(import.meta.dirname, "../../../scripts/install-versitygw.sh");
const MOTO = "moto[server]==5.2.4";

/**
 * What speaks S3 in tests: versitygw, a gateway that people run in production, or moto, which keeps all in memory and
 * believes every signature.
 */
export interface S3Program {
  readonly kind: "versitygw" | "moto";
  /** Absolute. */
  readonly path: string;
}

/**
 * Finds a server that speaks S3, or installs one; once for all runs. In this order: `versitygw` on the PATH; the same,
 * built with the Go toolchain if that is there (some minutes); moto in a Python environment of its own.
 *
 * @throws {Error} where none can be had
 */
export async function prepareTestS3(onLine?: (line: string) => void): Promise<S3Program> {
  const searchPath = process.env["PATH"] ?? "";
  const onPath = await findExecutable("versitygw", searchPath);
  if (onPath) return { kind: "versitygw", path: onPath };
  const folder = path.join(cacheFolder, "tools", "s3");
  const signal = AbortSignal.timeout(INSTALL_MS);
  await using _lock = await holdHostLock({ file: path.join(folder, "lock"), path: searchPath, signal });
  const canBuild = (await findExecutable("go", searchPath)) !== undefined;
  const program = canBuild ? await buildVersitygw(folder, signal, onLine) : await installMoto(folder, signal, onLine);
  return program;
}

type Tell = ((line: string) => void) | undefined;

async function buildVersitygw(folder: string, signal: AbortSignal, tell: Tell): Promise<S3Program> {
  const program = path.join(folder, "versitygw");
  if (!(await findExecutable(program, ""))) tell?.("building versitygw, a server that speaks S3 (some minutes, once)…");
  await run(["bash", INSTALLER, folder], signal);
  return { kind: "versitygw", path: program };
}

async function installMoto(folder: string, signal: AbortSignal, tell: Tell): Promise<S3Program> {
  const environment = path.join(folder, "moto");
  const program = path.join(environment, "bin", "moto_server");
  if (!(await findExecutable(program, ""))) {
    tell?.("no Go toolchain: fetching moto as the server that speaks S3 (once)…");
    await run(["python3", "-m", "venv", "--clear", environment], signal);
    await run([path.join(environment, "bin", "pip"), "install", "--quiet", MOTO], signal);
  }
  return { kind: "moto", path: program };
}

async function run(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const { code, stdout, stderr } = await runProgram(argv, { signal });
  if (code !== 0)
    throw new Error(`no server that speaks S3: ${argv.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}
