// Renews what a real buildx does with the cases of src/testdata: node packages/bake/scripts/record.ts PATH_OF_BUILDX
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ParityCase, parseCases, type RecordedRun } from "../src/parity/case-file.ts";

const FOLDER = join(import.meta.dirname, "../src/testdata");

const [buildx, ...wanted] = process.argv.slice(2);
if (buildx === undefined) throw new Error("usage: record.ts PATH_OF_BUILDX [NAME_OF_CASE_FILE…]");

for (const file of await readdir(FOLDER)) {
  if (!file.endsWith(".cases") || (wanted.length > 0 && !wanted.includes(file))) continue;
  const recorded: Record<string, RecordedRun> = {};
  for (const parityCase of parseCases(await readFile(join(FOLDER, file), "utf8"))) {
    recorded[parityCase.name] = await record(parityCase, buildx);
  }
  const target = join(FOLDER, file.replace(/\.cases$/, ".recorded.json"));
  await writeFile(target, `${JSON.stringify(recorded, undefined, 1)}\n`);
}

async function record({ args, environment, files }: ParityCase, program: string): Promise<RecordedRun> {
  const root = await mkdtemp(join(tmpdir(), "bake-case-"));
  const cwd = join(root, "case");
  try {
    await mkdir(cwd);
    for (const [path, text] of files) await writeInto(join(cwd, path), text);
    const env = { PATH: "/bin", HOME: "/root", BUILDX_CONFIG: join(root, "config"), ...environment };
    const run = await execute(program, { args, cwd, env });
    const stderr = run.stderr
      .split("\n")
      .filter((line) => !/^#\d+ /.test(line))
      .join("\n");
    return { ...run, stderr: stderr.replaceAll(cwd, "/case").replace(/^\n+/, "") };
  } finally {
    await rm(root, { recursive: true });
  }
}

async function writeInto(path: string, text: string): Promise<void> {
  await mkdir(path.endsWith("/") ? path : dirname(path), { recursive: true });
  if (!path.endsWith("/")) await writeFile(path, text);
}

interface Execution {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

function execute(program: string, { args, cwd, env }: Execution): Promise<RecordedRun> {
  return new Promise((resolve) => {
    execFile(program, ["bake", ...args], { cwd, env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
