import { type Attribute, type Block, type Body, type BodySchema, type Diagnostic, formatRange } from "@opendepot/hcl";

/** Blocks of several bodies together, and what is left of the bodies. */
export interface MergedContent {
  readonly blocks: readonly Block[];
  readonly remain: readonly Body[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The blocks of a schema in all bodies, in their order: buildx v0.36 bake/hclparser `mergedBodies`. */
export function takeBlocks(bodies: readonly Body[], schema: BodySchema): MergedContent {
  const taken = bodies.map((body) => body.partialContent(schema));
  return {
    blocks: taken.flatMap((content) => content.blocks),
    remain: taken.map(({ remain }) => remain),
    diagnostics: taken.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** All attributes of all bodies; of the same name the last one stays, with a diagnostic. */
export function takeAttributes(bodies: readonly Body[]): {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly diagnostics: readonly Diagnostic[];
} {
  const attributes = new Map<string, Attribute>();
  const diagnostics: Diagnostic[] = [];
  for (const body of bodies) {
    const own = body.justAttributes();
    diagnostics.push(...own.diagnostics);
    for (const [name, attribute] of own.attributes) {
      const before = attributes.get(name);
      if (before !== undefined) diagnostics.push(duplicate(attribute, before));
      attributes.set(name, attribute);
    }
  }
  return { attributes, diagnostics };
}

function duplicate(attribute: Attribute, before: Attribute): Diagnostic {
  return {
    severity: "error",
    summary: "Duplicate argument",
    detail: `Argument "${attribute.name}" was already set at ${formatRange(before.nameRange)}`,
    subject: attribute.nameRange,
  };
}
