import type { Value } from "../../cty/index.ts";
import { type CapsuleType, capsuleType } from "../../cty/index.ts";

/** A fault that an expression had when it was evaluated for `try` or `can`. */
export interface ClosureFault {
  readonly summary: string;
  readonly detail: string;
  /** Where, as HCL prints a range: `docker-bake.hcl:3,5-9`. */
  readonly subject?: string | undefined;
}

/** The unevaluated argument of `try` and `can`; HCL's `customdecode.ExpressionClosure`. */
export interface ExpressionClosure {
  /** The value, or the faults (errors only, at least one) why there is none. */
  evaluate(): { readonly value: Value } | { readonly faults: readonly ClosureFault[] };
}

/** The type of parameters that want an {@link ExpressionClosure}. */
export const expressionClosureType: CapsuleType = capsuleType("expression closure");

/** The type of parameters that want a type written as an expression; the capsule holds a `Type`. */
export const typeConstraintType: CapsuleType = capsuleType("type constraint");
