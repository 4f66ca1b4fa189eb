import type { Problem } from "@opendepot/base";
import { type BakeProblemCode, bakeProblem } from "./problems.ts";

/** Whether something was thrown because names wait for names, thousands deep. */
export function isStackExhausted(thrown: unknown): boolean {
  return thrown instanceof RangeError && /call stack/i.test(thrown.message);
}

/** A definition whose parts lead to each other over more steps than can be followed. */
export function tooDeep(cause: unknown): Problem<BakeProblemCode> {
  return bakeProblem("bake_definition_invalid", "the definition's references are nested too deeply", { cause });
}
