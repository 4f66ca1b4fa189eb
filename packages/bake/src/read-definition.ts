import { isProblem } from "@opendepot/base";
import type { ComposeImages } from "./compose/image-names.ts";
import type { ComposeSurroundings } from "./compose/read-compose.ts";
import type { HclSurroundings } from "./definition/read-hcl.ts";
import type { ListedVariable } from "./listing/list-variables.ts";
import { type BakeFile, definitionMissing } from "./lookup.ts";
import { mergeRepeats } from "./merge-definitions.ts";
import { folderOfFile, rebaseContexts, withBase } from "./model/context-base.ts";
import type { Definition } from "./model/target.ts";

/** What bake files are read with. Reading files and the environment is the caller's. */
export interface ReadOptions extends ComposeSurroundings, HclSurroundings {
  /** Contexts are relative to the files that name them; default: to the working folder. */
  readonly isFileRelative?: boolean | undefined;
}

/** All that bake files define, ready to be listed and resolved. */
export interface BakeDefinition extends Definition {
  /** Undefined when there are only compose files. */
  readonly variables: readonly ListedVariable[] | undefined;
  /** Image names of targets that come from compose files, for when they are loaded without tags. */
  readonly images: ComposeImages;
}

/**
 * Reads bake files: all compose files together, then the HCL and JSON files over them: buildx v0.36 bake `ParseFiles`.
 *
 * @throws {Problem} `bake_definition_missing`, `bake_definition_invalid`, `build_flag_invalid`, or those of
 * `@opendepot/compose`; messages are buildx's, and `detail.excerpt` holds the lines to blame where there are any
 */
export async function readBakeDefinition(files: readonly BakeFile[], options: ReadOptions): Promise<BakeDefinition> {
  // Like buildx, which takes a file without content for one that is not there.
  const present = files.filter(({ name, text }) => name === "-" || text !== "");
  if (present.length === 0) throw definitionMissing();
  const sorted: SortedFiles = { compose: [], hcl: [] };
  for (const file of present) await sortFile(file, { files, options, sorted });
  const composed = sorted.compose.length > 0 ? await readCompose(sorted.compose, options) : NOTHING;
  const { definition, variables } = await readHcl(sorted.hcl, { files, options, below: composed.definition });
  const targets = options.isFileRelative ? rebaseContexts(definition.targets) : definition.targets;
  return { groups: definition.groups, targets, variables, images: composed.images };
}

const NOTHING = { definition: { targets: [], groups: [] }, images: new Map<string, string>() };

interface SortedFiles {
  readonly compose: BakeFile[];
  readonly hcl: ParsedFile[];
}

type ParsedFile = import("./definition/parse-file.ts").ParsedFile;

interface Sorting {
  readonly files: readonly BakeFile[];
  readonly options: ReadOptions;
  readonly sorted: SortedFiles;
}

/** Files without a known suffix are compose files where they can be read as such. */
async function sortFile(file: BakeFile, { files, options, sorted }: Sorting): Promise<void> {
  const isNamedHcl = /\.(?:hcl|json)$/i.test(file.name);
  const fault = isNamedHcl ? undefined : await composeFault(file, options);
  if (!isNamedHcl && fault === undefined) {
    sorted.compose.push(file);
    return;
  }
  const { parseBakeFile } = await import("./definition/parse-file.ts");
  sorted.hcl.push(parseBakeFile(file, { files, composeFault: fault }));
}

/** Why a file is no compose file. One that is named like one has to be one. */
async function composeFault(file: BakeFile, options: ReadOptions): Promise<string | undefined> {
  const { checkComposeFile, environmentOf } = await import("./compose/read-compose.ts");
  let hasEnvironment = false;
  try {
    environmentOf(options);
    hasEnvironment = true;
    checkComposeFile(file.text, options);
    return undefined;
  } catch (thrown) {
    if (!isProblem(thrown) || (hasEnvironment && /\.ya?ml$/i.test(file.name))) throw thrown;
    return thrown.message;
  }
}

async function readCompose(
  files: readonly BakeFile[],
  options: ReadOptions,
): Promise<{ readonly definition: Definition; readonly images: ComposeImages }> {
  const { readComposeFiles } = await import("./compose/read-compose.ts");
  const { definition, images } = readComposeFiles(files, options);
  const merged = mergeRepeats(definition);
  const folder = folderOfFile(files[0]?.name ?? "");
  if (!options.isFileRelative || folder === undefined) return { definition: merged, images };
  return { definition: { ...merged, targets: merged.targets.map((target) => withBase(target, folder)) }, images };
}

interface HclReading {
  readonly files: readonly BakeFile[];
  readonly options: ReadOptions;
  readonly below: Definition;
}

async function readHcl(
  parsed: readonly ParsedFile[],
  { files, options, below }: HclReading,
): Promise<{ readonly definition: Definition; readonly variables: readonly ListedVariable[] | undefined }> {
  if (parsed.length === 0) return { definition: below, variables: undefined };
  const { readHclFiles } = await import("./definition/read-hcl.ts");
  return readHclFiles(parsed, { files, options, below });
}
