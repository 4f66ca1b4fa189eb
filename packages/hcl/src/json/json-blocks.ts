import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { Block, Body } from "../eval/body.ts";
import { type JsonNode, type JsonProperty, startRangeOfJson } from "./json-node.ts";

const WRONG_TYPE = "Incorrect JSON value type";

/**
 * The properties of an object or of all objects of an array, in order: HCL's `collectDeepAttrs`.
 *
 * @param label what the names stand for when they are labels of a block
 */
export function propertiesOf(
  node: JsonNode,
  label?: string,
): { readonly properties: JsonProperty[]; readonly diagnostics: Diagnostic[] } {
  const purpose =
    label === undefined ? "to define arguments and child blocks" : `to specify ${label} labels for this block`;
  const diagnostics: Diagnostic[] = [];
  const reject = (wrong: JsonNode, required: string): void => {
    const detail = `${required} is required here, ${purpose}.`;
    diagnostics.push(errorDiagnostic(WRONG_TYPE, detail, { subject: startRangeOfJson(wrong) }));
  };
  const properties: JsonProperty[] = [];
  if (node.kind === "object") return { properties: [...node.properties], diagnostics };
  if (node.kind !== "array") {
    if (node.kind !== "null") reject(node, "Either a JSON object or JSON array of objects");
    return { properties, diagnostics };
  }
  for (const element of node.values) {
    if (element.kind === "object") for (const property of element.properties) properties.push(property);
    else reject(element, "A JSON object");
  }
  return { properties, diagnostics };
}

interface Unpacking {
  /** The names of the labels that are still to come. */
  readonly labelNames: readonly string[];
  readonly blocks: Block[];
  readonly diagnostics: Diagnostic[];
  readonly makeBody: (node: JsonNode) => Body;
}

interface Header {
  readonly type: string;
  readonly typeRange: SourceRange;
  readonly labels?: readonly string[];
  readonly labelRanges?: readonly SourceRange[];
}

/** Adds the blocks that a value stands for, their labels being the names of nested objects: HCL's `unpackBlock`. */
export function unpackBlock(node: JsonNode, header: Header, unpacking: Unpacking): void {
  const [labelName] = unpacking.labelNames;
  if (labelName === undefined) addBlocks(node, header, unpacking);
  else unpackLabel(node, header, { ...unpacking, labelName });
}

function unpackLabel(node: JsonNode, header: Header, unpacking: Unpacking & { readonly labelName: string }): void {
  const { labelName, diagnostics } = unpacking;
  const { type, labels = [], labelRanges = [] } = header;
  const found = propertiesOf(node, labelName);
  for (const diagnostic of found.diagnostics) diagnostics.push(diagnostic);
  if (found.properties.length === 0) {
    const detail = `At least one object property is required, whose name represents the ${type} block's ${labelName}.`;
    diagnostics.push(errorDiagnostic("Missing block label", detail, { subject: startRangeOfJson(node) }));
  }
  for (const { name, nameRange, value } of found.properties) {
    const labeled = { ...header, labels: [...labels, name], labelRanges: [...labelRanges, nameRange] };
    unpackBlock(value, labeled, { ...unpacking, labelNames: unpacking.labelNames.slice(1) });
  }
}

function addBlocks(node: JsonNode, header: Header, { blocks, diagnostics, makeBody }: Unpacking): void {
  const { type, typeRange, labels = [], labelRanges = [] } = header;
  if (node.kind === "null") return;
  if (node.kind !== "object" && node.kind !== "array") {
    const detail = `Either a JSON object or a JSON array is required, representing the contents of one or more ${quote(type)} blocks.`;
    diagnostics.push(errorDiagnostic(WRONG_TYPE, detail, { subject: startRangeOfJson(node) }));
    return;
  }
  const contents = node.kind === "object" ? [node] : node.values;
  for (const content of contents) {
    const body = makeBody(content);
    blocks.push({ type, labels, body, defRange: node.openRange, typeRange, labelRanges });
  }
}
