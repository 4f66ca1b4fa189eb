import { type Block, convert, stringType, type TraversalStep } from "@opendepot/hcl";

const CONTEXT = { attributes: [{ name: "context" }] };

/** The target whose context a block takes for its own, when it is written `context = target.NAME.context`. */
export function contextReference(block: Block): string | undefined {
  const attribute = block.body.partialContent(CONTEXT).attributes.get("context");
  const [root, target, field, ...rest] = attribute?.expression.asTraversal() ?? [];
  if (root?.kind !== "root" || root.name !== "target" || rest.length > 0) return undefined;
  if (field?.kind !== "attribute" || field.name !== "context") return undefined;
  return target && nameOf(target);
}

function nameOf(step: TraversalStep): string | undefined {
  if (step.kind !== "index") return step.name;
  const key = convert(step.key, stringType);
  return key.isNull || !key.isKnown ? undefined : key.asString();
}
