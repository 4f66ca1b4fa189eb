import type { Problem } from "@opendepot/base";
import { compareBytes, goQuote, parseGoBool } from "@opendepot/buildflags";
import { type BakeProblemCode, bakeProblem } from "../problems.ts";
import { relativeOrAbsolute } from "../text/relative-path.ts";
import type { Privileges } from "./privileges.ts";

/** What a person is asked before a bake that wants more than it may. */
export interface PrivilegeRequest {
  /** For stderr: what is asked for, and which flags would grant it. */
  readonly text: string;
  /** Whether the bake may only go on when somebody says yes. */
  readonly isAnswerNeeded: boolean;
}

/** What a request is written for. */
export interface RequestSurroundings {
  /** Somebody can answer. */
  readonly isTerminal: boolean;
  /** The definition is a remote one. */
  readonly isRemote: boolean;
  /** Absolute, links followed. */
  readonly workingFolder: string;
  /** The whole command line, the program's name first. */
  readonly command: readonly string[];
  /** The environment: `BUILDX_BAKE_ENTITLEMENTS_FS` and `BAKE_ALLOW_REMOTE_FS_ACCESS`. */
  readonly variable: (name: string) => string | undefined;
}

/**
 * Words a request for privileges: buildx v0.36 bake `EntitlementConf.Prompt`.
 *
 * @returns undefined when there is nothing to ask for
 * @throws {Problem} `bake_flag_invalid`: one of the variables is no boolean
 */
export function requestPrivileges(missing: Privileges, around: RequestSurroundings): PrivilegeRequest | undefined {
  const plain = plainRequests(missing);
  const paths = pathRequests(missing, around.workingFolder);
  if (plain.length === 0 && paths.length === 0) return undefined;
  const isPathsChecked = arePathsChecked(around);
  const hint = isPathsChecked && around.variable("BUILDX_BAKE_ENTITLEMENTS_FS") === undefined && paths.length > 0;
  return {
    text: writeRequest([...plain, ...paths], around) + (hint ? HINT : ""),
    isAnswerNeeded: isPathsChecked || plain.length > 0,
  };
}

const HINT = "To disable filesystem entitlements checks, you can set BUILDX_BAKE_ENTITLEMENTS_FS=0 .\n\n";

/** Nobody granted what was asked for. */
export function privilegesMissing(): Problem<BakeProblemCode> {
  return bakeProblem("bake_privileges_missing", "additional privileges requested", {
    hint: "grant them with --allow",
  });
}

interface Request {
  readonly words: string;
  readonly flag: string;
}

function plainRequests({ hasHostNetwork, isInsecure, devices, isLocalDeleteAllowed }: Privileges): Request[] {
  const requests: Request[] = [];
  const ask = (words: string, flag: string) => requests.push({ words, flag });
  if (hasHostNetwork) ask("Running build containers that can access host network", "network.host");
  if (isInsecure) ask("Running privileged containers that can make system changes", "security.insecure");
  if (devices === "all") ask("Access to CDI devices", "device");
  else for (const name of [...devices].sort(compareBytes)) ask(`Access to device ${name}`, `device=${name}`);
  if (isLocalDeleteAllowed) ask("Deleting stale files from local output destinations", "buildx.local.delete");
  return requests;
}

function pathRequests({ reads, writes, hasSshAgent }: Privileges, workingFolder: string): Request[] {
  const both = reads.filter((path) => writes.includes(path));
  const only = (paths: readonly string[]) => paths.filter((path) => !both.includes(path));
  const requests: Request[] = [];
  const ask = (paths: readonly string[], words: string, flag: string) => {
    for (const path of paths.map((one) => relativeOrAbsolute(workingFolder, one)))
      requests.push({ words: `${words} access to path ${path}`, flag: `${flag}=${path}` });
  };
  if (hasSshAgent) requests.push({ words: "Forwarding default SSH agent socket", flag: "ssh" });
  ask(both, "Read and write", "fs");
  ask(only(reads), "Read", "fs.read");
  ask(only(writes), "Write", "fs.write");
  return requests;
}

function writeRequest(requests: readonly Request[], { isTerminal, command }: RequestSurroundings): string {
  const flags = requests.map(({ flag }) => `--allow=${flag}`).join(" ");
  const pass = isTerminal
    ? `In order to not see this message in the future pass ${goQuote(flags)} to grant requested privileges.`
    : `Pass ${goQuote(flags)} to grant requested privileges.`;
  const at = command.indexOf("bake");
  const whole = [...command.slice(0, at + 1), flags, ...command.slice(at + 1)].join(" ");
  const full = at < 0 ? "" : `\nYour full command with requested privileges:\n\n${whole}\n\n`;
  const list = requests.map(({ words }) => ` - ${words}\n`).join("");
  const head = "Your build is requesting privileges for following possibly insecure capabilities:\n\n";
  return `${head}${list}\n${pass}\n${full}`;
}

function arePathsChecked({ isRemote, variable }: RequestSurroundings): boolean {
  const allowed = isRemote ? readFlag("BAKE_ALLOW_REMOTE_FS_ACCESS", variable) : undefined;
  return readFlag("BUILDX_BAKE_ENTITLEMENTS_FS", variable) ?? !(allowed ?? false);
}

function readFlag(name: string, variable: (name: string) => string | undefined): boolean | undefined {
  const text = variable(name);
  if (text === undefined) return undefined;
  const flag = parseGoBool(text);
  if (flag !== undefined) return flag;
  const message = `failed to parse ${name} value ${goQuote(text)}: strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
  throw bakeProblem("bake_flag_invalid", message);
}
