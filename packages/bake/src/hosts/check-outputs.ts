import { type Output, parseGoBool } from "@opendepot/buildflags";
import { bakeProblem } from "../problems.ts";
import { describeFault, type HostChecks, type HostEntry, isFault } from "./host-checks.ts";

/**
 * Checks where outputs go and settles that archives without a destination go to stdout: buildx v0.36 build
 * `CreateExports`.
 *
 * @throws {Problem} `bake_host_unfit`, `bake_target_invalid`
 */
export async function checkOutputs(
  outputs: readonly Output[] | undefined,
  checks: HostChecks,
): Promise<readonly Output[] | undefined> {
  if (outputs === undefined) return undefined;
  const settled: Output[] = [];
  let isStdoutUsed = false;
  for (const output of outputs) {
    const shape = shapeOf(output);
    const toStdout = shape === "file" && output.dest === "" && output.type !== "docker";
    const next = toStdout ? { ...output, dest: "-" } : output;
    settled.push(next);
    if (shape === "folder") await checkFolder(next, checks);
    if (shape !== "file") continue;
    if (next.dest === "-") {
      if (isStdoutUsed) throw bakeProblem("bake_target_invalid", "multiple outputs configured to write to stdout");
      refuseTerminal(next, checks);
      isStdoutUsed = true;
    } else if (next.dest !== "") await checkFile(next.dest, checks);
  }
  return settled;
}

/** What an exporter writes on this machine. */
function shapeOf({ type, attributes }: Output): "file" | "folder" | "nothing" {
  if (type === "local") return "folder";
  if (type === "tar") return "file";
  if (type !== "oci" && type !== "docker") return "nothing";
  return (parseGoBool(attributes.get("tar") ?? "") ?? true) ? "file" : "folder";
}

function refuseTerminal({ type }: Output, { isStdoutTerminal }: HostChecks): void {
  if (!isStdoutTerminal) return;
  const message = `dest file is required for ${type} exporter. refusing to write to console`;
  throw bakeProblem("bake_host_unfit", message, { hint: "give dest=FILE, or redirect stdout" });
}

async function checkFolder({ type, dest }: Output, checks: HostChecks): Promise<void> {
  if (dest === "") throw bakeProblem("bake_target_invalid", `dest is required for ${type} exporter`);
  if (dest === "-") throw bakeProblem("bake_target_invalid", `dest cannot be stdout for ${type} exporter`);
  const found = await look("directory", dest, checks);
  if (found !== undefined && found.kind !== "folder")
    throw bakeProblem("bake_host_unfit", `destination directory ${dest} is a file`);
}

async function checkFile(dest: string, checks: HostChecks): Promise<void> {
  const found = await look("file", dest, checks);
  if (found?.kind === "folder") throw bakeProblem("bake_host_unfit", `destination file ${dest} is a directory`);
}

async function look(what: string, dest: string, checks: HostChecks): Promise<HostEntry | undefined> {
  const found = await checks.stat(dest);
  if (!isFault(found)) return found;
  if (found.code === "ENOENT") return undefined;
  const message = `invalid destination ${what}: ${dest}: stat ${dest}: ${describeFault(found)}`;
  throw bakeProblem("bake_host_unfit", message);
}
