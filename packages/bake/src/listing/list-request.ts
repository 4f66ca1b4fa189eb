import { cut, goQuote, readCsvFields } from "@opendepot/buildflags";
import { bakeProblem } from "../problems.ts";

/** What `--list` asks for. */
export interface ListRequest {
  readonly type: "targets" | "variables";
  readonly format: "table" | "json";
}

/**
 * Reads `--list targets` or `--list type=variables,format=json`: buildx v0.36 commands/bake.go `parseList`.
 *
 * @throws {Problem} `bake_flag_invalid`, `build_flag_invalid`
 */
export function readListRequest(text: string): ListRequest {
  const fields = readCsvFields(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) return check(text, "");
  let [type, format] = ["", ""];
  for (const field of fields) {
    const [written, value] = cut(field, "=");
    if (value === undefined) throw bakeProblem("bake_flag_invalid", `invalid value ${field}`);
    const key = written.toLowerCase().trim();
    if (key === "type") type = value;
    else if (key === "format") format = value;
    else throw bakeProblem("bake_flag_invalid", `unexpected key '${key}' in '${field}'`);
  }
  return check(type, format);
}

function check(type: string, format: string): ListRequest {
  if (type !== "targets" && type !== "variables")
    throw bakeProblem("bake_flag_invalid", `invalid list type ${goQuote(type)}`);
  if (format !== "" && format !== "table" && format !== "json")
    throw bakeProblem("bake_flag_invalid", `invalid list format ${goQuote(format)}`);
  return { type, format: format || "table" };
}
