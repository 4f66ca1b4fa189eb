import { readCsvFields } from "./csv-fields.ts";
import { cut, readGoBool } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

/** What the frontend is asked for instead of a build: buildx v0.36 util/buildflags `CallFunc`. */
export interface Call {
  /** For instance `lint`, `outline`, `targets`. */
  readonly method: string;
  readonly format: string;
  readonly isStatusIgnored: boolean;
}

/**
 * Reads `--call method[,format=…][,ignorestatus=…]`; `check` is `lint`.
 *
 * @returns undefined for an ordinary build
 * @throws {Problem} `build_flag_invalid`
 */
export function readCall(text: string): Call | undefined {
  if (text === "") return undefined;
  let [method, format, isStatusIgnored] = ["", "", false];
  for (const field of readCsvFields(text)) {
    const [key, value] = cut(field, "=");
    if (value === undefined) {
      if (method !== "") throw buildFlagInvalid(`invalid print value: ${text}`);
      method = key;
    } else if (key === "format") format = value;
    else if (key === "ignorestatus") isStatusIgnored = readGoBool(value, `invalid ignorestatus print value: ${value}`);
    else throw buildFlagInvalid(`invalid print field: ${field}`);
  }
  if (method === "build") return undefined;
  return { method: method === "check" ? "lint" : method, format, isStatusIgnored };
}
