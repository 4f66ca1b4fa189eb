import { parseEngineAddress } from "./engine-address.ts";
import type { Lease } from "./lease.ts";

/**
 * A lease on an engine that was named by its address: nobody else is asked. It serves both architectures.
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function createDirectLease(address: string): Lease {
  const endpoint = parseEngineAddress(address);
  return {
    canceled: new AbortController().signal,
    askForBuilder: async () => ({ kind: "active", endpoint }),
    report: async () => undefined,
    finish: async () => undefined,
  };
}
