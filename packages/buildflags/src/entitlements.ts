import { readCsvFields } from "./csv-fields.ts";
import { cut, goQuote } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

/** What `--allow` of a build grants. */
export interface BuildEntitlements {
  /** For the engine, as they were written. */
  readonly granted: readonly string[];
  /** Whether a local output may delete what else is in its folder: `buildx.local.delete`. */
  readonly isLocalDeleteAllowed: boolean;
}

const LOCAL_DELETE = "buildx.local.delete";

/**
 * Reads repeated `--allow` flags of a build: buildx v0.36 util/buildflags `ParseEntitlements` over BuildKit
 * util/entitlements. Empty texts are skipped.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readEntitlements(texts: readonly string[]): BuildEntitlements {
  const granted: string[] = [];
  let isLocalDeleteAllowed = false;
  for (const text of texts.filter((one) => one !== "")) {
    const [key, value] = cut(text, "=");
    if (key === LOCAL_DELETE) {
      if (value !== undefined) throw buildFlagInvalid(`${LOCAL_DELETE} does not accept a value`);
      isLocalDeleteAllowed = true;
      continue;
    }
    checkEntitlement(text, key, value);
    granted.push(text);
  }
  return { granted, isLocalDeleteAllowed };
}

function checkEntitlement(text: string, key: string, value: string | undefined): void {
  if (text === "network.host" || text === "security.insecure") return;
  if (key !== "device") throw buildFlagInvalid(`unknown entitlement ${text}`);
  if (value === undefined || value === "") return;
  for (const field of readCsvFields(value).slice(1)) {
    const [name, alias] = cut(field, "=");
    if (alias === undefined) throw buildFlagInvalid(`invalid device config ${goQuote(field)}`);
    if (name !== "alias") throw buildFlagInvalid(`unknown device config key ${goQuote(name)}`);
  }
}
