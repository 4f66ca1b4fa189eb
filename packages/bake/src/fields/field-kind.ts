import { isProblem } from "@opendepot/base";
import { mismatchMessage, PathError, type Type, type Value } from "@opendepot/hcl";

/** How one kind of attribute becomes a field of a target, and how others that refer to it see it. */
export interface FieldKind<Field> {
  /** The type that references have. */
  readonly type: Type;
  /**
   * Takes an evaluated attribute.
   *
   * @returns undefined for a null, where that means that nothing was said
   * @throws {PathError} in the words of go-cty or buildx
   */
  read(value: Value): Field | undefined;
  /** What a reference gets. */
  write(field: Field | undefined): Value;
}

/** The elements of a list or tuple that are worth looking at: known and not the empty string. */
export function entriesOf(value: Value, want: Type): Value[] {
  if (!value.isKnown) throw new PathError("value must be known");
  if (value.isNull) throw nullRefused();
  if (value.type.kind !== "tuple" && value.type.kind !== "list") throw new PathError(mismatchMessage(value.type, want));
  return value.asElements().filter((entry) => entry.isKnown && entry.content !== "");
}

/** A null where one cannot be. */
export function nullRefused(): PathError {
  return new PathError("null value is not allowed");
}

/** The text of a string that may not be null. */
export function textOf(value: Value): string {
  if (value.isNull) throw nullRefused();
  if (!value.isKnown) throw new PathError("value must be known");
  return value.asString();
}

/** The texts of a map of strings. */
export function textsOf(value: Value): Map<string, string> {
  if (value.isNull) throw nullRefused();
  return new Map([...value.asMap()].map(([key, entry]) => [key, textOf(entry)]));
}

/** Reads in one of the small languages; what is wrong is told as a fault of the value. */
export function readText<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw isProblem(cause) ? new PathError(cause.message, { cause }) : cause;
  }
}
