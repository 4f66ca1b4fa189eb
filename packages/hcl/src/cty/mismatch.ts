import type { Type } from "./type.ts";

/** Why values of one type never become values of the other: go-cty's `MismatchMessage`. */
export function mismatchMessage(got: Type, want: Type): string {
  throw new Error(`to come: ${got.kind} ${want.kind}`);
}
