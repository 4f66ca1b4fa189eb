import { convert, PathError, type Type, type Value } from "../cty/index.ts";

/** The value as one of `type`, or go-cty's words for why it cannot be. */
export function tryConvert(value: Value, type: Type): { readonly value: Value } | { readonly problem: string } {
  try {
    return { value: convert(value, type) };
  } catch (error) {
    if (error instanceof PathError) return { problem: error.message };
    throw error;
  }
}
