import { type Body, DiagnosticsError, type HclFile, hasErrors, parseHcl, parseJsonHcl } from "@opendepot/hcl";
import type { BakeFile } from "../lookup.ts";
import { bakeProblem } from "../problems.ts";
import { definitionInvalid } from "./definition-invalid.ts";

/** A bake file in HCL or in its JSON form, not yet evaluated. */
export interface ParsedFile {
  readonly body: Body;
}

/** What is known of the other files and of this one. */
export interface ParseSurroundings {
  /** All files, for excerpts. */
  readonly files: readonly BakeFile[];
  /** Why the file is no compose file, when that was tried. */
  readonly composeFault: string | undefined;
}

/**
 * Reads a file by its suffix, or as whatever it turns out to be: buildx v0.36 bake `ParseHCLFile`.
 *
 * @throws {Problem} `bake_definition_invalid`
 */
export function parseBakeFile({ name, text }: BakeFile, { files, composeFault }: ParseSurroundings): ParsedFile {
  if (name.endsWith(".json")) return checked(parseJsonHcl(text, name), files);
  if (name.endsWith(".hcl")) return checked(parseHcl(text, name), files);
  const native = parseHcl(text, `${name}.hcl`);
  if (!hasErrors(native.diagnostics)) return native;
  const json = parseJsonHcl(text, `${name}.json`);
  if (!hasErrors(json.diagnostics)) return json;
  const fault = new DiagnosticsError(native.diagnostics);
  if (composeFault === undefined) throw definitionInvalid(fault, files);
  const message = `failed to parse ${name}: parsing yaml: ${composeFault}, parsing hcl: ${fault.message}`;
  throw bakeProblem("bake_definition_invalid", message, { cause: fault });
}

function checked(file: HclFile, files: readonly BakeFile[]): ParsedFile {
  if (hasErrors(file.diagnostics)) throw definitionInvalid(new DiagnosticsError(file.diagnostics), files);
  return file;
}
