import { createHash } from "node:crypto";
import { posix } from "node:path";
import { type Definition, type FileActionCopy, Op, type OpMetadata } from "../gen/pb/ops.ts";
import { encode } from "../wire/codec.ts";
import type { Init } from "../wire/message.ts";

/** LLB of operations in a row: each takes the first output of the one before, the last one's is the result. */
export function defineChain(ops: readonly Init<Op>[]): Init<Definition> {
  const def: Uint8Array[] = [];
  const metadata: Record<string, Init<OpMetadata>> = {}; // without any, BuildKit takes a definition for none
  let digest: string | undefined;
  for (const op of [...ops, {}]) {
    const inputs = digest === undefined ? [] : [{ digest, index: 0n }];
    const bytes = encode(Op, { ...op, inputs });
    digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    def.push(bytes);
    metadata[digest] = {};
  }
  return { def, metadata };
}

/**
 * LLB of a source alone, for instance `https://…` with `http.filename`, or `git://…`: its files are the result.
 * BuildKit: source/http/source.go, source/git/source.go.
 */
export function defineSource(identifier: string, attrs: Readonly<Record<string, string>> = {}): Init<Definition> {
  return defineChain([{ source: { identifier, attrs } }]);
}

/** Files that the engine fetches. */
export interface FetchedSource {
  readonly identifier: string;
  readonly attrs: Readonly<Record<string, string>>;
  /** What the source calls its only file, an archive that is to be unpacked. Default: the source is a tree of files. */
  readonly archiveName?: string | undefined;
}

/**
 * LLB of what a source holds, or of what is in one of its folders. BuildKit: client/llb/fileop.go `Copy` with
 * `AttemptUnpack`, and with `CopyDirContentsOnly`.
 *
 * @param folder path in the tree or archive; default: all of it
 */
export function defineFetched({ identifier, attrs, archiveName }: FetchedSource, folder = "."): Init<Definition> {
  const path = posix.join("/", folder);
  return defineChain([
    { source: { identifier, attrs } },
    ...(archiveName === undefined
      ? []
      : [copyAction({ src: `/${archiveName}`, attemptUnpackDockerCompatibility: true })]),
    ...(path === "/" ? [] : [copyAction({ src: path, dirCopyContents: true })]),
  ]);
}

/** Copies from the operation before into an empty tree. */
function copyAction(copy: Init<FileActionCopy>): Init<Op> {
  const whole = { ...copy, dest: "/", mode: -1, timestamp: -1n };
  return { file: { actions: [{ input: -1n, secondaryInput: 0n, output: 0n, copy: whole }] } };
}

/**
 * LLB of a file tree with nothing in it, to stand for a result without files. LLB of no operations at all would say the
 * same, but frontends refuse it as an input.
 */
export function defineEmptyTree(): Init<Definition> {
  const mkdir = { path: "/", mode: 0o755, makeParents: true, timestamp: 0n };
  return defineChain([{ file: { actions: [{ input: -1n, secondaryInput: -1n, output: 0n, mkdir }] } }]);
}
