import { createStandardLibrary, DiagnosticsError, type FunctionEnvironment } from "@opendepot/hcl";
import { formatPlatform, type HostNames, hostPlatform } from "@opendepot/oci";
import type { ListedVariable } from "../listing/list-variables.ts";
import type { BakeFile } from "../lookup.ts";
import { mergeBlocks } from "../merge-definitions.ts";
import { folderOfFile, withBase } from "../model/context-base.ts";
import type { Definition } from "../model/target.ts";
import { isStackExhausted, tooDeep } from "../too-deep.ts";
import { contextReference } from "./context-reference.ts";
import { definitionInvalid } from "./definition-invalid.ts";
import type { ParsedFile } from "./parse-file.ts";
import { type ResolvedBlock, type ResolvedDefinition, resolveDefinition } from "./resolve-definition.ts";

/** What HCL files are evaluated with. */
export interface HclSurroundings {
  /** The process's environment; empty when variables are not to be taken from there. */
  readonly environment: ReadonlyMap<string, string>;
  /** `--var`, which wins over the environment. */
  readonly variables: ReadonlyMap<string, string>;
  /** The value of `BAKE_CMD_CONTEXT`: `cwd://`, or the second address of the command line. */
  readonly commandContext: string;
  /** For `BAKE_LOCAL_PLATFORM`. */
  readonly host: HostNames;
  /** What functions see of the outside world. */
  readonly functions: FunctionEnvironment;
}

/** What lies around HCL files. */
export interface HclReading {
  /** All files, for excerpts. */
  readonly files: readonly BakeFile[];
  readonly options: HclSurroundings & { readonly isFileRelative?: boolean | undefined };
  /** What compose files define. */
  readonly below: Definition;
}

/**
 * Evaluates HCL files together and lays what they define over `below`.
 *
 * @throws {Problem} `bake_definition_invalid`
 */
export function readHclFiles(
  parsed: readonly ParsedFile[],
  { files, options, below }: HclReading,
): { readonly definition: Definition; readonly variables: readonly ListedVariable[] } {
  try {
    const resolved = resolveDefinition(
      parsed.map(({ body }) => body),
      {
        builtins: builtinsOf(options),
        override: (name) => options.variables.get(name) ?? options.environment.get(name),
        library: createStandardLibrary(options.functions),
      },
    );
    const placed = options.isFileRelative ? withBases(resolved) : resolved;
    return { definition: mergeBlocks(below, placed), variables: resolved.variables };
  } catch (thrown) {
    if (thrown instanceof DiagnosticsError) throw definitionInvalid(thrown, files);
    throw isStackExhausted(thrown) ? tooDeep(thrown) : thrown;
  }
}

function builtinsOf({ commandContext, host }: HclSurroundings): ReadonlyMap<string, string> {
  return new Map([
    ["BAKE_CMD_CONTEXT", commandContext],
    ["BAKE_LOCAL_PLATFORM", localPlatform(host)],
  ]);
}

/** With the variant that containerd/platforms `DefaultSpec` finds on ARM machines. */
function localPlatform(host: HostNames): string {
  const platform = hostPlatform(host);
  return formatPlatform(platform.architecture === "arm64" ? { ...platform, variant: "v8" } : platform);
}

function withBases(resolved: ResolvedDefinition): ResolvedDefinition {
  return { ...resolved, blocks: resolved.blocks.map(placeBlock) };
}

function placeBlock(resolved: ResolvedBlock): ResolvedBlock {
  if (resolved.type === "group") return resolved;
  const { block, value } = resolved;
  const folder = folderOfFile(block.defRange.filename) ?? "";
  return { type: "target", block, value: withBase(value, folder, contextReference(block)) };
}
