import { realpath } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import {
  missingPrivileges,
  type OverrideGrants,
  type PathResolver,
  privilegesMissing,
  readPrivileges,
  requestPrivileges,
  type Target,
  withGrants,
} from "@opendepot/bake";
import { systemCodeOf } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { ask } from "../terminal/confirm.ts";
import type { RemoteDefinition } from "./remote-definition.ts";

/** What targets are checked with. */
export interface PrivilegeSurroundings {
  readonly invocation: Invocation;
  readonly context: CliContext;
  /** What `--set` allows by naming it. */
  readonly grants: OverrideGrants;
  /** Where the definition comes from when it is not from here. */
  readonly remote: RemoteDefinition | undefined;
}

/**
 * Checks that targets only do what `--allow` says they may: buildx v0.36 commands/bake.go, between `--print` and the
 * build. On a terminal the person is asked.
 *
 * @throws {Problem} `bake_privileges_missing`, `bake_flag_invalid`
 */
export async function checkPrivileges(
  targets: Iterable<Target>,
  { invocation, context, grants, remote }: PrivilegeSurroundings,
): Promise<void> {
  const { cwd, environment, terminal } = context;
  const granted = withGrants(readPrivileges(invocation.list("allow")), grants, cwd);
  const isRemote = remote?.input.hasState === true;
  const missing = await missingPrivileges(targets, { granted, paths: createPathResolver(cwd), isRemote });
  const isRawJson = invocation.text("progress") === "rawjson";
  if (isRawJson && missing.isLocalDeleteAllowed) throw privilegesMissing();
  if (isRawJson) return; // Like buildx, which has nowhere to ask there.
  const request = requestPrivileges(missing, {
    isTerminal: terminal.stderr.isTTY === true,
    isRemote: remote !== undefined,
    workingFolder: await realpath(cwd),
    command: ["depot", ...(context.commandLine ?? [])],
    variable: (name) => environment[name],
  });
  if (request === undefined) return;
  terminal.stderr.write(request.text);
  if (!request.isAnswerNeeded) return;
  const answer = await ask("Do you want to grant requested privileges and continue? [y/N] ", context);
  if (answer?.trim().toLowerCase() !== "y") throw privilegesMissing();
}

function createPathResolver(cwd: string): PathResolver {
  return {
    async resolveExisting(path) {
      const absolute = resolve(cwd, path);
      for (let folder = absolute; ; folder = dirname(folder)) {
        const existing = await realpath(folder).catch((error: unknown) => {
          if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "") && folder !== "/") return undefined;
          throw error;
        });
        if (existing !== undefined) return { existing, rest: relative(folder, absolute) };
      }
    },
  };
}
