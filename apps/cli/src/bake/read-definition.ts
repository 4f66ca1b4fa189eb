import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import {
  type BakeDefinition,
  type BakeFile,
  type BakeProblemCode,
  type BakeWords,
  chooseFiles,
  type FileChoice,
  filesOfEnvironment,
  isEnvironmentUsed,
  isFileRelative,
  readBakeDefinition,
  readVariables,
} from "@opendepot/bake";
import { Problem, systemCodeOf } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";

/** Larger files are no definitions. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The names of the files that `-f`, or else `BUILDX_BAKE_FILE`, names; none for the default ones. */
export function namedFiles(
  invocation: Invocation,
  { environment }: Pick<CliContext, "environment">,
): readonly string[] {
  const given = invocation.list("file").filter((name) => name !== "");
  return given.length > 0 ? given : filesOfEnvironment((name) => environment[name], delimiter);
}

/** What a definition is read with. */
export interface Reading {
  readonly context: CliContext;
  readonly words: BakeWords;
  /** Files that come from the definition's address; then only those that are named with `cwd://` lie here. */
  readonly remoteFiles?: readonly BakeFile[] | undefined;
}

/**
 * Reads the bake files of a command line and evaluates them.
 *
 * @throws {Problem} those of `@opendepot/bake`; `bake_file_unreadable`
 */
export async function readDefinition(
  invocation: Invocation,
  { context, words, remoteFiles }: Reading,
): Promise<BakeDefinition> {
  const named = chooseFiles(namedFiles(invocation, context));
  const choices = remoteFiles === undefined ? named : named.filter(({ isLocal }) => isLocal);
  const here = (await Promise.all(choices.map((choice) => readChoice(choice, context)))).filter(
    (file) => file !== undefined,
  );
  return await evaluate([...(remoteFiles ?? []), ...here], { invocation, context, words });
}

interface Evaluation {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly words: BakeWords;
}

/** Evaluates files that were read. */
async function evaluate(
  files: readonly BakeFile[],
  { invocation, context, words }: Evaluation,
): Promise<BakeDefinition> {
  const { environment, cwd, home, host } = context;
  const variable = (name: string): string | undefined => environment[name];
  const known = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return await readBakeDefinition(files, {
    environment: isEnvironmentUsed(variable) ? new Map(known) : new Map(),
    variables: readVariables(invocation.list("var")),
    dotenv: readText(resolve(cwd, ".env")),
    workingDir: cwd,
    homeDir: home,
    commandContext: words.commandContext,
    host,
    isFileRelative: isFileRelative(variable),
    functions: { now: Date.now, homeDirectory: () => home, randomBytes },
    readFile: (path) => readBytes(resolve(cwd, path)),
    isDirectory: (path) => statSync(resolve(cwd, path), { throwIfNoEntry: false })?.isDirectory() === true,
  });
}

async function readChoice({ name, isOptional }: FileChoice, context: CliContext): Promise<BakeFile | undefined> {
  if (name === "-") return { name, text: await readStdinText(context) };
  try {
    return { name, text: await readFile(resolve(context.cwd, name), "utf8") };
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (isOptional && (code === "ENOENT" || code === "EISDIR")) return undefined;
    throw unreadable(name, code, cause);
  }
}

async function readStdinText({ stdin }: CliContext): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stdin()) {
    bytes += piece.length;
    if (bytes > MAX_FILE_BYTES) throw unreadable("-", "EFBIG", undefined);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  EFBIG: "file too large",
};

function unreadable(name: string, code: string | undefined, cause: unknown): Problem<BakeProblemCode> {
  const action = code === "EISDIR" ? "read" : "open";
  const why = WORDS[code ?? ""] ?? code ?? "it cannot be read";
  return new Problem("bake_file_unreadable", `${action} ${name}: ${why}`, {
    cause,
    hint: "check the file's name and permissions",
  });
}

function readText(path: string): string | undefined {
  const bytes = readBytes(path);
  return bytes && Buffer.from(bytes).toString("utf8");
}

/** Undefined when there is no such file. */
function readBytes(path: string): Uint8Array | undefined {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_FILE_BYTES)
      throw unreadable(path, "EFBIG", undefined);
    return readFileSync(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCodeOf(cause) ?? "")) return undefined;
    throw cause;
  }
}
