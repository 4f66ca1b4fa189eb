import { type Attributes, type OrderedJson, sortedEntries, withoutKeys } from "./attributes.ts";
import { readCsvFields, writeCsvFields } from "./csv-fields.ts";
import { cut, parseGoBool, readGoBool } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";
import { keepLastOfKey } from "./remove-repeats.ts";

/** An attestation that a build attaches, or is told to leave out: buildx v0.36 util/buildflags `Attest`. */
export interface Attestation {
  /** `provenance` or `sbom`. */
  readonly type: string;
  readonly isDisabled: boolean;
  readonly attributes: Attributes;
}

/**
 * Reads `type=provenance,mode=max` and its like.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readAttestation(text: string): Attestation {
  const attributes = new Map<string, string>();
  let [type, isDisabled] = ["", false];
  for (const field of readCsvFields(text)) {
    const [key, value] = cut(field, "=");
    if (value === undefined) throw buildFlagInvalid(`invalid value ${field}`);
    const name = key.toLowerCase().trim();
    if (name === "type") type = value;
    else if (name === "disabled") isDisabled = readGoBool(value, `invalid value ${field}`);
    else attributes.set(key, value);
  }
  if (type === "") throw buildFlagInvalid("attestation type not specified");
  return { type, isDisabled, attributes };
}

/**
 * Makes an attestation of keys and values as a definition gives them; a missing type is not noticed.
 *
 * @throws {Problem} `build_flag_invalid`: `disabled` is no boolean
 */
export function attestationFromMap(values: Attributes): Attestation {
  const disabled = values.get("disabled");
  return {
    type: values.get("type") ?? "",
    isDisabled: disabled !== undefined && readGoBool(disabled),
    attributes: withoutKeys(values, ["type", "disabled"]),
  };
}

/** Reads several attestations; empty texts are skipped. @throws {Problem} `build_flag_invalid` */
export function readAttestations(texts: readonly string[]): Attestation[] {
  return texts.filter((text) => text !== "").map(readAttestation);
}

/**
 * What `--sbom VALUE` and `--provenance VALUE` stand for, as an `--attest` text: `true` and `false` switch the
 * attestation on and off, anything else are its attributes. Empty for an empty value.
 */
export function attestationShorthand(type: "provenance" | "sbom", value: string): string {
  if (value === "") return "";
  const isWanted = parseGoBool(value);
  return isWanted === undefined ? `type=${type},${value}` : `type=${type},disabled=${!isWanted}`;
}

/** Of each type the last one stays, at the place of the first. */
export function normalizeAttestations(attestations: readonly Attestation[]): Attestation[] {
  return keepLastOfKey(attestations, ({ type }) => type);
}

/** As one line that {@link readAttestation} reads back. */
export function formatAttestation({ type, isDisabled, attributes }: Attestation): string {
  const head: Array<[string, string]> = type === "" ? [] : [["type", type]];
  if (isDisabled) head.push(["disabled", "true"]);
  return writeCsvFields([...head, ...sortedEntries(attributes)]);
}

/** As `bake --print` shows it. */
export function attestationToJson({ type, isDisabled, attributes }: Attestation): OrderedJson {
  const values = new Map<string, OrderedJson>(attributes).set("type", type);
  if (isDisabled) values.set("disabled", true);
  return new Map(sortedEntries(values));
}
