import { spawn } from "node:child_process";
import { basename } from "node:path";
import { toolFailed } from "./problems.ts";

const LIMIT_MS = 10 * 60_000;

/**
 * Runs a program that must succeed, in at most ten minutes, and gives back what it wrote to stdout.
 *
 * @throws {Problem} `tool_failed`
 */
export async function runTool(argv: readonly string[], options: { readonly cwd?: string } = {}): Promise<string> {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, {
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  let [stdout, all] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    all += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  const code = await promise;
  if (code !== 0) throw toolFailed([basename(command), ...args].slice(0, 3).join(" "), all);
  return stdout;
}
