import { type Attestation, formatAttestation, normalizeAttestations } from "@opendepot/buildflags";
import { type Environment, variable } from "../cli-context.ts";
import { isTrue } from "./outputs.ts";

/** What buildx asks for when nobody said anything of provenance: a record that no image's index has to carry. */
const DEFAULT_PROVENANCE = "mode=min,inline-only=true";

/**
 * The attestations of a target as the frontend takes them, by type; undefined where one was switched off. Without a word
 * on it there is the least provenance, unless `BUILDX_NO_DEFAULT_ATTESTATIONS` is set: buildx build/opt.go.
 */
export function resolveAttests(
  attestations: readonly Attestation[],
  environment: Environment,
): Record<string, string | undefined> {
  const asked = normalizeAttestations(attestations).map((attestation): [string, string | undefined] => [
    attestation.type,
    attestation.isDisabled ? undefined : formatAttestation(attestation),
  ]);
  const isDefaultUnwanted = isTrue(variable(environment, "BUILDX_NO_DEFAULT_ATTESTATIONS"));
  return { ...(!isDefaultUnwanted && { provenance: DEFAULT_PROVENANCE }), ...Object.fromEntries(asked) };
}

/** Whether the target asks by itself for an attestation, which makes its image an index. */
export function hasAskedAttests(attests: Readonly<Record<string, string | undefined>>): boolean {
  return Object.values(attests).some((value) => value !== undefined && value !== DEFAULT_PROVENANCE);
}
