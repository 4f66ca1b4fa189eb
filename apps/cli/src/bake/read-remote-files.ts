import { type BakeFile, type BakeProblemCode, DEFAULT_BAKE_FILES } from "@opendepot/bake";
import { Problem } from "@opendepot/base";
import {
  type BuildkitClient,
  buildWithGateway,
  defineFetched,
  defineSource,
  type GatewayClient,
  type GatewayRef,
  isArchiveHead,
  type SessionService,
  type SolveOptions,
} from "@opendepot/buildkit";
import { archiveSource } from "../target/archive-source.ts";
import { readGitSource } from "./git-source.ts";

/** What a definition's address leads to. */
export type RemoteKind = "repository" | "archive" | "file";

/** Bake files that a builder fetched. */
export interface RemoteFiles {
  readonly kind: RemoteKind;
  readonly files: readonly BakeFile[];
}

/** What is read, and how. */
export interface RemoteReading {
  readonly url: string;
  /** Of the files in a repository or archive; none for the default ones. */
  readonly names: readonly string[];
  readonly services: readonly SessionService[];
}

/** buildx v0.36 bake/remote.go `maxBakeDefinitionSize`. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
const ARCHIVE_HEAD_BYTES = 1024;

/**
 * Reads bake files from a repository, an archive or a file on the web by a builder, which may reach what this machine
 * does not: buildx v0.36 bake/remote.go `ReadRemoteFiles`.
 *
 * @throws {SolveError} when the builder cannot fetch it; {@link Problem} `result_file_too_large`,
 *   `bake_file_unreadable`, `flag_value_invalid`
 */
export async function readRemoteFiles(
  client: BuildkitClient,
  { url, names, services }: RemoteReading,
  options: SolveOptions,
): Promise<RemoteFiles> {
  let found: RemoteFiles | undefined;
  const read = async (gateway: GatewayClient): Promise<undefined> => {
    found = await readThrough(gateway, url, names);
  };
  await buildWithGateway(client, { isInternal: true, services }, read, options);
  if (found === undefined) throw new Error("a build that reads a definition ended without one");
  return found;
}

async function readThrough(gateway: GatewayClient, url: string, names: readonly string[]): Promise<RemoteFiles> {
  const git = readGitSource(url);
  if (git !== undefined) {
    const { ref } = await gateway.solve({ definition: defineSource(git.identifier, git.attrs), evaluate: true });
    return { kind: "repository", files: await readNamed(gateway, ref, names) };
  }
  const archive = archiveSource(url);
  const { archiveName } = archive;
  const { ref } = await gateway.solve({ definition: defineSource(url, archive.attrs), evaluate: true });
  if (ref === undefined) return { kind: "file", files: [] };
  const head = await gateway.readFile(ref, archiveName, { length: ARCHIVE_HEAD_BYTES });
  if (!isArchiveHead(head)) {
    const text = await gateway.readFile(ref, archiveName, { maxBytes: MAX_FILE_BYTES });
    return { kind: "file", files: [{ name: url, text: Buffer.from(text).toString("utf8") }] };
  }
  const unpacked = await gateway.solve({ definition: defineFetched(archive), evaluate: true });
  return { kind: "archive", files: await readNamed(gateway, unpacked.ref, names) };
}

/** Those of the default files that there are, or else all that are named. */
async function readNamed(
  gateway: GatewayClient,
  ref: GatewayRef | undefined,
  names: readonly string[],
): Promise<BakeFile[]> {
  if (ref === undefined) return [];
  const wanted = names.length > 0 ? names : await existing(gateway, ref);
  return await Promise.all(
    wanted.map(async (name) => {
      if (names.length > 0) await requireFile(gateway, ref, name);
      const bytes = await gateway.readFile(ref, name, { maxBytes: MAX_FILE_BYTES });
      return { name, text: Buffer.from(bytes).toString("utf8") };
    }),
  );
}

async function existing(gateway: GatewayClient, ref: GatewayRef): Promise<readonly string[]> {
  const there = new Set((await gateway.readDir(ref, "/")).map(({ path }) => path));
  return DEFAULT_BAKE_FILES.filter((name) => there.has(name));
}

async function requireFile(gateway: GatewayClient, ref: GatewayRef, name: string): Promise<void> {
  try {
    await gateway.statFile(ref, name);
  } catch (cause) {
    if (gateway.signal.aborted) throw cause;
    throw fileMissing(name, cause);
  }
}

function fileMissing(name: string, cause: unknown): Problem<BakeProblemCode> {
  return new Problem("bake_file_unreadable", `open ${name}: no such file or directory`, {
    cause,
    hint: "-f names files of the remote definition; those of this machine are named with cwd://",
  });
}
