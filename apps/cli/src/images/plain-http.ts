import type { NormalizedReference } from "@opendepot/oci";
import { flagValueInvalid } from "../problems.ts";

/**
 * Reads `--plain-http`: what is sent without TLS is said registry by registry, and one that nothing is pushed to is a slip.
 *
 * @returns hosts as they stand in tags, in lower case
 * @throws {Problem} `flag_value_invalid`
 */
export function readPlainHttp(hosts: readonly string[], targets: readonly NormalizedReference[]): ReadonlySet<string> {
  const pushedTo = targets.map(({ domain }) => domain.toLowerCase());
  for (const host of hosts) {
    if (pushedTo.includes(host.toLowerCase())) continue;
    throw flagValueInvalid(
      "--plain-http",
      host,
      "no --tag names this registry",
      `write the host as it stands in the tag${pushedTo.length === 0 ? "" : `: ${[...new Set(pushedTo)].join(", ")}`}`,
    );
  }
  return new Set(hosts.map((host) => host.toLowerCase()));
}
