import type { TreePath } from "../tree-path.ts";
import type { ComposeValue } from "../value.ts";
import { ConstructErrors, constructDocument, NonStringKeyError } from "./construct.ts";
import type { YamlNode } from "./node.ts";
import { YamlParser } from "./parser.ts";
import { takeResets } from "./reset.ts";
import { YamlError } from "./yaml-error.ts";

/** One document of a compose file, and what it makes lower files forget. */
export interface ComposeDocument {
  readonly value: ComposeValue;
  readonly resetPaths: readonly TreePath[];
}

/**
 * Reads the documents of a YAML text one by one: the second is not looked at before the first was used.
 *
 * @throws {YamlError} with go-yaml's or compose-go's message
 */
export function* readDocuments(text: string): Generator<ComposeDocument> {
  checkCharacters(text);
  const parser = new YamlParser(text);
  for (let root = parser.next(); root !== undefined; root = parser.next()) yield readDocument(root);
}

/** Reads what a text's first document says, for a look at single values. @throws {YamlError} */
export function* readPlainDocuments(text: string): Generator<ComposeValue> {
  const parser = new YamlParser(text);
  for (let root = parser.next(); root !== undefined; root = parser.next()) yield constructDocument(root);
}

function readDocument(root: YamlNode): ComposeDocument {
  if (root.kind === "scalar" && root.tag === "!!null") return { value: null, resetPaths: [] };
  try {
    const { root: kept, paths } = takeResets(root);
    return { value: kept === undefined ? null : constructDocument(kept), resetPaths: paths };
  } catch (error) {
    if (!(error instanceof YamlError) || error instanceof ConstructErrors || error instanceof NonStringKeyError)
      throw error;
    // go-yaml reports what compose-go refuses at the line where the document's root begins.
    throw new ConstructErrors([`line ${root.mark.line + 1}: ${error.message}`], { cause: error });
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that YAML forbids
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

function checkCharacters(text: string): void {
  const index = text.search(FORBIDDEN);
  if (index < 0) return;
  throw new YamlError(`yaml: offset ${Buffer.byteLength(text.slice(0, index))}: control characters are not allowed`);
}
