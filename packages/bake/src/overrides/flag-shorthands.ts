import { attestationShorthand, readCall, readPolicy } from "@opendepot/buildflags";
import { bakeProblem } from "../problems.ts";

/** Flags that change all targets. What is undefined was not given. */
export interface ShorthandFlags {
  readonly push?: boolean | undefined;
  readonly load?: boolean | undefined;
  readonly noCache?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly sbom?: string | undefined;
  readonly provenance?: string | undefined;
  readonly call?: string | undefined;
  readonly policy?: readonly string[] | undefined;
}

/** What flags stand for. */
export interface Shorthands {
  /** `--set` texts, to follow those of the command line. */
  readonly overrides: readonly string[];
  /** `--policy disabled=true`: all targets lose their policies. */
  readonly isPolicyDisabled: boolean;
}

/**
 * Turns flags into `--set` texts: buildx v0.36 commands/bake.go.
 *
 * @throws {Problem} `build_flag_invalid`, `bake_flag_invalid`
 */
export function expandShorthands(flags: ShorthandFlags): Shorthands {
  const overrides: string[] = [];
  const call = readCall(flags.call ?? "");
  if (flags.push) overrides.push("*.push=true");
  if (flags.load) overrides.push("*.load=true");
  if (call !== undefined) overrides.push(`*.call=${call.method}`);
  if (flags.noCache !== undefined) overrides.push(`*.no-cache=${flags.noCache}`);
  if (flags.pull !== undefined) overrides.push(`*.pull=${flags.pull}`);
  if (flags.sbom) overrides.push(`*.attest=${attestationShorthand("sbom", flags.sbom)}`);
  if (flags.provenance) overrides.push(`*.attest=${attestationShorthand("provenance", flags.provenance)}`);
  const policies = readPolicyFlags(flags.policy ?? []);
  if (policies === "disabled") return { overrides, isPolicyDisabled: true };
  return { overrides: [...overrides, ...policies], isPolicyDisabled: false };
}

function readPolicyFlags(texts: readonly string[]): string[] | "disabled" {
  const policies = texts.map(readPolicy);
  const overrides: string[] = [];
  for (const [at, policy] of policies.entries()) {
    if (policy.files.length > 0) throw refuse("filename", "define policy files");
    if (policy.isReset) throw refuse("reset", "define policy composition");
    if (policy.isDisabled) {
      if (policy.isStrict === undefined && policy.logLevel === undefined && policies.length === 1) return "disabled";
      throw bakeProblem("bake_flag_invalid", "disabled policy cannot be combined with other policy flags");
    }
    overrides.push(`*.policy+=${texts[at]}`);
  }
  return overrides;
}

function refuse(what: string, instead: string): Error {
  return bakeProblem("bake_flag_invalid", `--policy does not accept ${what}; ${instead} in the bake definition`);
}
