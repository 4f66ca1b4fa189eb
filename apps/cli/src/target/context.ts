import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isProblem, messageOf, Problem, systemCodeOf } from "@opendepot/base";
import { type CliProblemCode, flagNotYet } from "../problems.ts";

/** The context and Dockerfile as they were named. */
export interface ContextSpec {
  /** The operand `PATH`. */
  readonly path: string;
  /** `--file`, relative to the working folder. */
  readonly dockerfile?: string | undefined;
  /** `--build-context`, by name. */
  readonly named: Readonly<Record<string, string>>;
}

/** A further context that a Dockerfile may copy from. */
export type NamedContext =
  | { readonly kind: "folder"; readonly path: string }
  /** Found by the engine itself, for instance `docker-image://alpine`. */
  | { readonly kind: "reference"; readonly value: string };

/** Folders on this machine that the engine may read. */
export interface BuildContext {
  readonly folder: string;
  readonly dockerfileFolder: string;
  /** Within its folder. */
  readonly dockerfileName: string;
  readonly named: Readonly<Record<string, NamedContext>>;
}

/**
 * Finds the folders of a build and checks what can be checked before anything is asked of a server.
 *
 * @throws {Problem} `context_missing`, `context_not_folder`, `context_unreadable`, `dockerfile_missing`,
 *   `dockerfile_unreadable`, `flag_not_yet`
 */
export async function resolveContext(spec: ContextSpec, cwd: string): Promise<BuildContext> {
  refuseStdin(spec);
  const folder = resolve(cwd, spec.path);
  await checkFolder(folder, spec.path, "unable to prepare context").catch((error: unknown) => {
    if (REMOTE.test(spec.path))
      throw flagNotYet("a remote context", "clone the repository and give the path of its folder");
    throw error;
  });
  const { dockerfileFolder, dockerfileName } = await findDockerfile(spec, folder, cwd);
  return { folder, dockerfileFolder, dockerfileName, named: await resolveNamed(spec.named, cwd) };
}

const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/i;

function refuseStdin({ path, dockerfile }: ContextSpec): void {
  if (path === "") throw contextMissing('unable to prepare context: path "" not found');
  if (path === "-") throw flagNotYet("a context on stdin", "give the path of a folder");
  if (dockerfile === "-") throw flagNotYet("a Dockerfile on stdin", "write it to a file and name that with --file");
  if (dockerfile !== undefined && /^https?:\/\//i.test(dockerfile)) {
    throw flagNotYet("a remote Dockerfile", "download it and name the file with --file");
  }
}

async function checkFolder(path: string, written: string, what: string): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) {
      throw new Problem<CliProblemCode>(
        "context_not_folder",
        `${what}: ${JSON.stringify(written)} is not a directory`,
        {
          hint: "give the folder that holds the files to build; name a Dockerfile with --file",
        },
      );
    }
    await access(path, constants.R_OK | constants.X_OK);
  } catch (cause) {
    if (isProblem(cause)) throw cause;
    const code = systemCodeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw contextMissing(`${what}: path ${JSON.stringify(written)} not found`, cause);
    }
    throw contextUnreadable(what, written, cause);
  }
}

function contextUnreadable(what: string, written: string, cause: unknown): Problem<CliProblemCode> {
  return new Problem("context_unreadable", `${what}: cannot read ${JSON.stringify(written)}: ${messageOf(cause)}`, {
    cause,
    hint: "check the folder's permissions, or run as a user who may read it",
  });
}

function dockerfileUnreadable(cause: unknown): Problem<CliProblemCode> {
  return new Problem("dockerfile_unreadable", `cannot read the Dockerfile: ${messageOf(cause)}`, {
    cause,
    hint: "check the file's permissions",
  });
}

function contextMissing(message: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("context_missing", message, {
    cause,
    hint: 'give an existing folder, for instance "." for this one',
  });
}

async function findDockerfile(
  { dockerfile }: ContextSpec,
  context: string,
  cwd: string,
): Promise<Pick<BuildContext, "dockerfileFolder" | "dockerfileName">> {
  const path = dockerfile ? resolve(cwd, dockerfile) : join(context, "Dockerfile");
  // Docker has always taken `dockerfile` where `Dockerfile` is asked for and missing: moby/moby#10858.
  const candidates = basename(path) === "Dockerfile" ? [path, join(dirname(path), "dockerfile")] : [path];
  for (const candidate of candidates) {
    if (await isReadableFile(candidate)) {
      return { dockerfileFolder: dirname(candidate), dockerfileName: basename(candidate) };
    }
  }
  throw await dockerfileMissing(path, dockerfile, context);
}

async function isReadableFile(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return false;
    await access(path, constants.R_OK);
    return true;
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(cause) ?? "")) return false;
    throw dockerfileUnreadable(cause);
  }
}

async function dockerfileMissing(path: string, written: string | undefined, context: string): Promise<Error> {
  const inContext = written !== undefined && (await isReadableFile(resolve(context, written)));
  const near = inContext ? undefined : await similarFile(path);
  const hint = inContext
    ? `--file is relative to the working folder: try --file ${join(context, written)}`
    : near
      ? `there is ${near}: name it with --file`
      : "create one, or name another file with --file";
  return new Problem<CliProblemCode>("dockerfile_missing", `no Dockerfile at ${path}`, { hint, detail: { path } });
}

async function similarFile(path: string): Promise<string | undefined> {
  const names = await readdir(dirname(path)).catch(() => []);
  const name = names.find(
    (entry) => /(?:^|\.)(?:dockerfile|containerfile)(?:\.|$)/i.test(entry) && !entry.endsWith("ignore"),
  );
  return name === undefined ? undefined : join(dirname(path), name);
}

async function resolveNamed(
  named: Readonly<Record<string, string>>,
  cwd: string,
): Promise<Record<string, NamedContext>> {
  const entries = Object.entries(named).map(async ([name, value]): Promise<[string, NamedContext]> => {
    if (value.startsWith("docker-image://")) return [name, { kind: "reference", value }];
    if (REMOTE.test(value)) throw flagNotYet(`--build-context ${name}=URL`, "give the path of a folder");
    const scheme = /^(oci-layout|target|input):/.exec(value)?.[1];
    if (scheme) throw flagNotYet(`--build-context ${name}=${scheme}:…`, "give the path of a folder");
    const path = resolve(cwd, value);
    await checkFolder(path, value, `build context ${name}`);
    return [name, { kind: "folder", path }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
