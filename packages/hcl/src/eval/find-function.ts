import { quote } from "../diagnostics/quote.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import { suggestName } from "../diagnostics/suggest-name.ts";
import type { LanguageFunction } from "../functions/index.ts";
import type { FunctionCallNode } from "../syntax/tree.ts";
import { contextsFrom, type EvalContext } from "./eval-context.ts";
import type { Scope } from "./scope.ts";

/** The function that a call names, or undefined after reporting that there is none. */
export function findFunction(node: FunctionCallNode, scope: Scope): LanguageFunction | undefined {
  const contexts = [...contextsFrom(scope.context)];
  for (const { functions } of contexts) {
    const found = functions?.get(node.name);
    if (found !== undefined) return found;
  }
  if (contexts.every(({ functions }) => functions === undefined)) {
    scope.report("Function calls not allowed", "Functions may not be called here.", { subject: node.range });
    return undefined;
  }
  scope.report("Call to unknown function", whyUnknown(node.name, scope.context), placeOf(node));
  return undefined;
}

function placeOf({ nameRange, range }: FunctionCallNode): { subject: SourceRange; context: SourceRange } {
  return { subject: nameRange, context: range };
}

// Only the functions of the innermost context are suggested, as in HCL.
function whyUnknown(name: string, context: EvalContext | undefined): string {
  const available = [...(context?.functions?.keys() ?? [])];
  const separator = name.lastIndexOf("::");
  if (separator >= 0) return whyUnknownInNamespace(name, separator + 2, available);
  const suggestion = suggestName(name, available);
  const hint = suggestion === undefined ? "" : ` Did you mean ${quote(suggestion)}?`;
  return `There is no function named ${quote(name)}.${hint}`;
}

function whyUnknownInNamespace(fullName: string, split: number, available: readonly string[]): string {
  const [namespace, name] = [fullName.slice(0, split), fullName.slice(split)];
  const inNamespace = available.filter((other) => other.startsWith(namespace));
  if (inNamespace.length === 0) return `There are no functions in namespace ${quote(namespace)}.`;
  const suggestion = suggestName(name, inNamespace);
  const hint = suggestion === undefined ? "" : ` Did you mean ${namespace}${suggestion}?`;
  return `There is no function named ${quote(name)} in namespace ${namespace}.${hint}`;
}
