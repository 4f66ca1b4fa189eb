import { constants } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import {
  accessAtOnce as access,
  isProblem,
  messageOf,
  nearest,
  Problem,
  readdirAtOnce as readdir,
  statAtOnce as stat,
  systemCodeOf,
} from "@opendepot/base";
import type { FetchedSource, OciLayoutReference } from "@opendepot/buildkit";
import type { CliProblemCode } from "../problems.ts";
import { isRemoteUrl } from "./remote-url.ts";
import type { StdinContent } from "./stdin.ts";

/** The context and Dockerfile as they were named. */
export interface ContextSpec {
  /** The operand `PATH`, a URL, or `-` for stdin. */
  readonly path: string;
  /** `--file`: relative to the working folder, `-` for stdin, or a URL. */
  readonly dockerfile?: string | undefined;
  /** The Dockerfile's own text, instead of a file. */
  readonly dockerfileText?: string | undefined;
  /** `--build-context`, by name. */
  readonly named: Readonly<Record<string, string>>;
}

/** Where the files of a build come from. */
export type ContextSource =
  | { readonly kind: "folder"; readonly path: string }
  /** A git repository or an archive that the builder fetches. */
  | {
      readonly kind: "url";
      readonly url: string;
      /** A folder of the archive that is all of the context; the Dockerfile is named from the archive's root. */
      readonly folder?: string | undefined;
    }
  /** A tar archive on stdin; can be read once. */
  | { readonly kind: "archive"; readonly stream: AsyncIterable<Uint8Array> }
  /** Nothing: the Dockerfile alone came on stdin. */
  | { readonly kind: "empty" };

/** Where the Dockerfile comes from. */
export type DockerfileSource =
  | { readonly kind: "file"; readonly folder: string; readonly name: string }
  | { readonly kind: "text"; readonly text: Uint8Array }
  /** A file that the builder fetches. */
  | { readonly kind: "url"; readonly url: string }
  /** Part of a context that is not on this machine; without a name: `Dockerfile`. */
  | { readonly kind: "in-context"; readonly name?: string | undefined };

/** A further context that a Dockerfile may copy from. */
export type NamedContext =
  | { readonly kind: "folder"; readonly path: string }
  /** Found by the engine itself, for instance `docker-image://alpine` or a git repository. */
  | { readonly kind: "reference"; readonly value: string }
  /** A folder of a repository or an archive that the builder fetches. */
  | { readonly kind: "fetched"; readonly source: FetchedSource; readonly folder: string }
  /** An image in an OCI layout on this machine. */
  | { readonly kind: "oci-layout"; readonly layout: OciLayoutReference };

/** Everything that a build reads. */
export interface BuildContext {
  readonly source: ContextSource;
  readonly dockerfile: DockerfileSource;
  readonly named: Readonly<Record<string, NamedContext>>;
}

/** What contexts are looked up with. */
export interface ContextSurroundings {
  readonly cwd: string;
  /** Reads stdin, to its first bytes or whole; called at most once. */
  readonly readStdin: () => Promise<StdinContent>;
}

/**
 * Finds the context and the Dockerfile and checks what can be checked before anything is asked of a server: buildx
 * build/opt.go `loadInputs`.
 *
 * @throws {Problem} `context_missing`, `context_not_folder`, `context_unreadable`, `dockerfile_missing`,
 *   `dockerfile_unreadable`, `flag_conflict`
 */
export async function resolveContext(spec: ContextSpec, around: ContextSurroundings): Promise<BuildContext> {
  const { cwd } = around;
  const named = await resolveNamed(spec.named, cwd);
  if (spec.path === "") throw contextMissing('unable to prepare context: path "" not found');
  if (spec.path === "-") return { ...(await fromStdin(spec, around)), named };
  const folder = resolve(cwd, spec.path);
  if (isRemoteUrl(spec.path) && !(await isFolder(folder))) {
    const source = { kind: "url", url: spec.path } as const;
    return { source, dockerfile: await dockerfileBesideUrl(spec, around), named };
  }
  await checkFolder(folder, spec.path, "unable to prepare context");
  const dockerfile = (await otherDockerfile(spec, around)) ?? (await findDockerfile(spec.dockerfile, folder, cwd));
  return { source: { kind: "folder", path: folder }, dockerfile, named };
}

/** Folders of this machine that a build names, for settings that are found from them. */
export function foldersOf({ source, dockerfile }: BuildContext): string[] {
  return [
    ...(source.kind === "folder" ? [source.path] : []),
    ...(dockerfile.kind === "file" ? [dockerfile.folder] : []),
  ];
}

async function fromStdin(
  spec: ContextSpec,
  { cwd, readStdin }: ContextSurroundings,
): Promise<Pick<BuildContext, "source" | "dockerfile">> {
  if (spec.dockerfile === "-") {
    throw new Problem<CliProblemCode>(
      "flag_conflict",
      "invalid argument: can't use stdin for both build context and dockerfile",
      { hint: "give the context or the Dockerfile as a path" },
    );
  }
  const content = await readStdin();
  if (content.kind === "archive") {
    return {
      source: { kind: "archive", stream: content.stream },
      dockerfile: textOf(spec) ?? (await dockerfileBesideStream(spec.dockerfile, cwd)),
    };
  }
  if (spec.dockerfile !== undefined) {
    throw new Problem<CliProblemCode>(
      "flag_conflict",
      "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
      { hint: "leave --file out, or send an archive of the context on stdin" },
    );
  }
  return { source: { kind: "empty" }, dockerfile: { kind: "text", text: content.text } };
}

/** With an archive, `--file` names a file in it, unless it is a URL. */
async function dockerfileBesideStream(named: string | undefined, _cwd: string): Promise<DockerfileSource> {
  return isHttp(named) ? { kind: "url", url: named } : { kind: "in-context", name: named };
}

/** With a URL as context, `--file` names a file in it; an absolute path is one of this machine. */
async function dockerfileBesideUrl(spec: ContextSpec, around: ContextSurroundings): Promise<DockerfileSource> {
  const other = await otherDockerfile(spec, around);
  if (other) return other;
  if (spec.dockerfile !== undefined && isAbsolute(spec.dockerfile)) {
    return await findDockerfile(spec.dockerfile, around.cwd, around.cwd);
  }
  return { kind: "in-context", name: spec.dockerfile };
}

/** A Dockerfile that is neither in the context nor a file beside it. */
async function otherDockerfile(
  spec: ContextSpec,
  { readStdin }: ContextSurroundings,
): Promise<DockerfileSource | undefined> {
  if (spec.dockerfileText !== undefined) return textOf(spec);
  if (isHttp(spec.dockerfile)) return { kind: "url", url: spec.dockerfile };
  if (spec.dockerfile !== "-") return undefined;
  const content = await readStdin();
  if (content.kind === "text") return { kind: "text", text: content.text };
  throw new Problem<CliProblemCode>("dockerfile_unreadable", "cannot read the Dockerfile: stdin is an archive", {
    hint: "to send a context on stdin, give - as the path and leave --file - out",
  });
}

function textOf({ dockerfileText }: ContextSpec): DockerfileSource | undefined {
  return dockerfileText === undefined ? undefined : { kind: "text", text: Buffer.from(dockerfileText) };
}

function isHttp(text: string | undefined): text is string {
  return text !== undefined && /^https?:\/\//.test(text);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
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

async function findDockerfile(dockerfile: string | undefined, context: string, cwd: string): Promise<DockerfileSource> {
  const path = dockerfile ? resolve(cwd, dockerfile) : join(context, "Dockerfile");
  // Docker has always taken `dockerfile` where `Dockerfile` is asked for and missing: moby/moby#10858.
  const candidates = basename(path) === "Dockerfile" ? [path, join(dirname(path), "dockerfile")] : [path];
  for (const candidate of candidates) {
    if (await isReadableFile(candidate)) {
      return { kind: "file", folder: dirname(candidate), name: basename(candidate) };
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
  const entries = Object.entries(named).map(
    async ([name, value]): Promise<[string, NamedContext]> => [name, await resolveNamedContext(name, value, cwd)],
  );
  return Object.fromEntries(await Promise.all(entries));
}

const ENGINE_SCHEMES = /^(?:docker-image|target|input):/;
const SCHEMES = ["docker-image", "oci-layout", "target", "https", "ssh", "git"];

async function resolveNamedContext(name: string, value: string, cwd: string): Promise<NamedContext> {
  if (ENGINE_SCHEMES.test(value)) return { kind: "reference", value };
  if (value.startsWith("oci-layout://")) return await resolveLayout(name, value, cwd);
  const path = resolve(cwd, value);
  if (isRemoteUrl(value) && !(await isFolder(path))) return { kind: "reference", value };
  const scheme = /^([a-z][a-z+.-]*):\/\//i.exec(value)?.[1];
  if (scheme !== undefined) throw unknownScheme(name, scheme);
  await checkFolder(path, value, `build context ${name}`);
  return { kind: "folder", path };
}

async function resolveLayout(name: string, value: string, cwd: string): Promise<NamedContext> {
  const { readOciLayoutReference } = await import("@opendepot/buildkit");
  const reference = readOciLayoutReference(value);
  if (reference === undefined) throw unknownScheme(name, value);
  const folder = resolve(cwd, reference.folder);
  await checkFolder(folder, reference.folder, `build context ${name}`);
  return { kind: "oci-layout", layout: { ...reference, folder } };
}

function unknownScheme(name: string, scheme: string): Problem<CliProblemCode> {
  const close = nearest(scheme.toLowerCase(), SCHEMES);
  return new Problem("context_missing", `build context ${name}: unknown kind of context ${JSON.stringify(scheme)}`, {
    hint: close ? `did you mean ${close}://?` : `there are ${SCHEMES.map((known) => `${known}://`).join(", ")}`,
  });
}
