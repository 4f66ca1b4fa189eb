import { isProblem, Problem } from "@opendepot/base";
import { splitCsvFields } from "../csv-fields.ts";
import { type Output, readOutput } from "../outputs.ts";
import type { BuildFlagProblemCode } from "../problems.ts";

const HINT = "write -o PATH, -o - or -o type=local|tar|oci|docker,dest=PATH";

/** `--output` as it is written (buildx `ExportEntry`). */
export interface OutputSpec {
  readonly type: string;
  readonly dest?: string | undefined;
  /** Everything else, for the exporter. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Reads `--output`: a bare path is a `local` output, `-` a tar on stdout, anything else `key=value` fields.
 *
 * @throws {Problem} `output_invalid`
 */
export function parseOutput(text: string): OutputSpec {
  const { type, dest, attributes } = read(text);
  return { type, dest: dest || undefined, attributes: Object.fromEntries(attributes) };
}

function read(text: string): Output {
  const fields = splitCsvFields(text);
  if (!fields) throw outputInvalid(text, "its quoting is wrong");
  const [first = ""] = fields;
  const isBare = fields.length === 1 && first === text && !text.startsWith("type=");
  const bad = isBare ? undefined : fields.find((field) => !field.includes("="));
  if (bad !== undefined) throw outputInvalid(text, `${JSON.stringify(bad)} is no key=value`);
  try {
    return readOutput(text);
  } catch (cause) {
    throw isProblem(cause) ? outputInvalid(text, cause.message) : cause;
  }
}

function outputInvalid(text: string, why: string): Problem<BuildFlagProblemCode> {
  return new Problem("output_invalid", `invalid --output ${JSON.stringify(text)}: ${why}`, { hint: HINT });
}

/** Two or more outputs in one build. */
export function outputMultiple(): Problem<BuildFlagProblemCode> {
  return new Problem("output_multiple", "multiple outputs currently unsupported", {
    hint: "give one --output; building again for another one takes every step from the cache",
  });
}
