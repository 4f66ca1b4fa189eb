import type { Invocation } from "@opendepot/command";
import { flagNotYet } from "../problems.ts";
import { type BuildFlag, buildFlags } from "./flags.ts";

/**
 * Refuses flags that are not there yet, unless they ask for what happens anyway.
 *
 * @returns warnings about flags that are accepted for the sake of old scripts
 * @throws {Problem} `flag_not_yet`
 */
export function checkFlagSupport(invocation: Invocation, flags: readonly BuildFlag[] = buildFlags): string[] {
  const given = flags.filter((flag) => invocation.has(flag.name));
  for (const flag of given) {
    if (flag.notYet !== undefined && !isInert(invocation, flag)) throw flagNotYet(`--${flag.name}`, flag.notYet);
  }
  return given.flatMap((flag) =>
    flag.legacy === undefined ? [] : [`--${flag.name} is accepted for compatibility: ${flag.legacy}`],
  );
}

function isInert(invocation: Invocation, flag: BuildFlag): boolean {
  if (flag.kind === "switch") return !invocation.switch(flag.name);
  return invocation.list(flag.name).every((value) => flag.inertValues?.includes(value));
}
