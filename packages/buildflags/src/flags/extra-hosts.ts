import { isIP } from "node:net";
import { splitCsvFields } from "../csv-fields.ts";
import { flagValueInvalid } from "../problems.ts";

const HINT = 'write host:ip or host=ip, for instance "db:10.0.0.5"';

/**
 * Reads `--add-host host:ip` or `host=ip`, several separated by commas (buildx `toBuildkitExtraHosts`).
 *
 * @returns what the Dockerfile frontend takes as its `add-hosts` attribute; empty when there is none
 * @throws {Problem} `flag_value_invalid`
 */
export function parseExtraHosts(values: readonly string[]): string {
  return values.flatMap(splitValue).map(parseHost).join(",");
}

function splitValue(value: string): string[] {
  const fields = splitCsvFields(value);
  if (!fields) throw flagValueInvalid("--add-host", value, "it cannot be read", HINT);
  return fields;
}

function parseHost(text: string): string {
  const separator = text.includes("=") ? "=" : ":";
  const at = text.indexOf(separator);
  const [host, address] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (at < 0 || host === "" || address === "")
    throw flagValueInvalid("--add-host", text, "host or address is missing", HINT);
  if (address === "host-gateway") {
    throw flagValueInvalid(
      "--add-host",
      text,
      "a remote builder has no host-gateway",
      "give an address that the builder can reach",
    );
  }
  return address
    .split(",")
    .map((one) => `${host}=${parseAddress(text, one)}`)
    .join(",");
}

function parseAddress(text: string, written: string): string {
  const address = /^\[(.+)\]$/.exec(written)?.[1] ?? written;
  if (isIP(address) === 0)
    throw flagValueInvalid("--add-host", text, `${JSON.stringify(written)} is no IP address`, HINT);
  return address;
}
