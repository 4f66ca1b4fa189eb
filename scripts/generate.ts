/**
 * Writes all generated code anew from `proto/`: the lean message tables of `packages/buildkit`
 * and the Connect services of `packages/api`. With `--check`, fails when that changes anything.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { writeMessageTables } from "./generate/message-tables.ts";

const root = join(import.meta.dirname, "..");
const messageTables = join(root, "packages/buildkit/src/gen");
const services = join(root, "packages/api/src/gen");

function buf(...args: string[]): void {
  execFileSync(join(root, "node_modules/.bin/buf"), args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` },
  });
}

function generate(): void {
  const scratch = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    const image = join(scratch, "image.binpb");
    buf("build", "-o", image, "--as-file-descriptor-set");
    rmSync(messageTables, { recursive: true, force: true });
    rmSync(services, { recursive: true, force: true });
    const set = fromBinary(FileDescriptorSetSchema, readFileSync(image));
    writeMessageTables(set, messageTables, (file) => !file.startsWith("depot/") && !file.startsWith("opendepot/"));
    buf("generate");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

generate();
if (process.argv.includes("--check")) {
  const changed = execFileSync("git", ["status", "--porcelain", "--", messageTables, services], {
    cwd: root,
    encoding: "utf8",
  });
  if (changed) {
    process.stderr.write(`generated code is not what proto/ says; run npm run generate and commit:\n${changed}`);
    process.exitCode = 1;
  }
}
