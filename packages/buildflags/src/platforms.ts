import { isProblem } from "@opendepot/base";
import { type HostNames, hostPlatform, type Platform, parsePlatform } from "@opendepot/oci";
import { goQuote } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

const COMPONENT = "^[A-Za-z0-9_.-]+$";
const OS_COMPONENT = String.raw`^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$`;

/**
 * Reads platforms, several of which may stand in one text; `local` is the host's: buildx v0.36 util/platformutil
 * `Parse`.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readPlatforms(texts: readonly string[], host: HostNames): Platform[] {
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => (text.toLowerCase() === "local" ? hostPlatform(host) : readSpecifier(text, host)));
}

/**
 * Reads one platform: `@opendepot/oci` `parsePlatform` with the words of containerd/platforms.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readSpecifier(text: string, host: HostNames): Platform {
  try {
    return parsePlatform(text, host);
  } catch (cause) {
    if (!isProblem(cause)) throw cause;
    throw buildFlagInvalid(`${explain(text)}: invalid argument`, cause);
  }
}

function explain(text: string): string {
  if (text.includes("*")) return `${goQuote(text)}: wildcards not yet supported`;
  const parts = text.split("/");
  const [first = "", ...rest] = [...parts.slice(0, 3), ...(parts.length > 3 ? [parts.slice(3).join("/")] : [])];
  const quoted = goQuote(text);
  if (!new RegExp(OS_COMPONENT).test(first)) {
    return `${goQuote(first)} is an invalid OS component of ${quoted}: OSAndVersion specifier component must match ${goQuote(OS_COMPONENT)}`;
  }
  const wrong = rest.find((part) => !new RegExp(COMPONENT).test(part));
  if (wrong !== undefined) {
    return `${goQuote(wrong)} is an invalid component of ${quoted}: platform specifier component must match ${goQuote(COMPONENT)}`;
  }
  return rest.length === 0
    ? `${quoted}: unknown operating system or architecture`
    : `${quoted}: cannot parse platform specifier`;
}
