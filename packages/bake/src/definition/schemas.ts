import type { Body, BodyContent, BodySchema } from "@opendepot/hcl";
import { type BlockType, kindsOf } from "../fields/target-fields.ts";
import { check } from "./faults.ts";

const named = (type: string) => ({ type, labelNames: ["name"] });
const optional = (...names: readonly string[]) => names.map((name) => ({ name, required: false }));

/** What blocks may hold. */
export const SCHEMAS: Readonly<Record<"definitions" | "blocks" | "variable" | "validation" | "function", BodySchema>> =
  {
    /** What is read first of a file. */
    definitions: { attributes: [], blocks: [named("function"), named("variable")] },
    /** What can be built. */
    blocks: { attributes: [], blocks: [named("group"), named("target")] },
    variable: {
      attributes: optional("default", "description", "type"),
      blocks: [{ type: "validation", labelNames: [] }],
    },
    validation: { attributes: optional("condition", "error_message"), blocks: [] },
    function: { attributes: optional("params", "result", "variadic_params"), blocks: [] },
  };

const BLOCK_SCHEMAS: Readonly<Record<BlockType, BodySchema>> = {
  target: { attributes: optional(...Object.keys(kindsOf("target")).sort()), blocks: [] },
  group: {
    attributes: [
      { name: "description", required: false },
      { name: "targets", required: true },
    ],
    blocks: [],
  },
};

/** The attributes of a block that a test lets through. */
export function blockSchema(type: BlockType, isWanted: (attribute: string) => boolean): BodySchema {
  const { attributes } = BLOCK_SCHEMAS[type];
  return { attributes: (attributes ?? []).filter(({ name }) => isWanted(name)), blocks: [] };
}

/** The content of a body; with `isPartial`, whatever the schema does not name is ignored. @throws {DiagnosticsError} */
export function readContent(
  body: Body,
  schema: BodySchema,
  { isPartial }: { readonly isPartial: boolean },
): BodyContent {
  const content = isPartial ? body.partialContent(schema) : body.content(schema);
  check(content.diagnostics);
  return content;
}
