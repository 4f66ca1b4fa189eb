import { Problem } from "@opendepot/base";
import { type ByteString, toText } from "./byte-string.ts";

/** A line of an ignore file, or a pattern of the engine's, that is no pattern. */
export function badPattern(pattern: ByteString, cause?: unknown): Problem<"pattern_invalid"> {
  return new Problem("pattern_invalid", `invalid pattern ${JSON.stringify(toText(pattern))}`, {
    hint: "check brackets, backslashes and braces in the .dockerignore file",
    cause,
  });
}
