import { quote } from "../diagnostics/quote.ts";
import { suggestName } from "../diagnostics/suggest-name.ts";

/** ` Did you mean "name"?`, or nothing when no name is near. */
export function hintFor(given: string, names: Iterable<string>): string {
  const suggestion = suggestName(given, names);
  return suggestion === undefined ? "" : ` Did you mean ${quote(suggestion)}?`;
}
