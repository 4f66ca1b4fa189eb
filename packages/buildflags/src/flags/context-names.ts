import { formatFamiliar, parseNormalizedReference } from "@opendepot/oci";
import { flagValueInvalid } from "../problems.ts";

/**
 * Reads `--build-context name=value`; names are written as short as image references can be, since the Dockerfile
 * frontend looks images up by them (buildx `ParseContextNames`). The last one of a name wins.
 *
 * @throws {Problem} `flag_value_invalid`, `reference_invalid`
 */
export function parseContextNames(values: readonly string[]): Record<string, string> {
  const entries = values
    .filter((value) => value !== "")
    .map((value): [string, string] => {
      const equals = value.indexOf("=");
      if (equals < 0)
        throw flagValueInvalid("--build-context", value, "it has no =", "write --build-context name=path");
      const name = formatFamiliar(parseNormalizedReference(value.slice(0, equals)));
      return [name.replace(/:latest$/, ""), value.slice(equals + 1)];
    });
  return Object.fromEntries(entries);
}
