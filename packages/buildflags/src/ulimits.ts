import { cut, readGoInt } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

/** The limits that a step can be given. */
export const ULIMIT_NAMES: readonly string[] =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" ");

/** A limit on what processes of a step may use: docker/go-units `Ulimit`. -1 stands for none. */
export interface Ulimit {
  readonly name: string;
  readonly soft: bigint;
  readonly hard: bigint;
}

/**
 * Reads `name=soft[:hard]`.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readUlimit(text: string): Ulimit {
  const [name, limits] = cut(text, "=");
  if (limits === undefined) throw buildFlagInvalid(`invalid ulimit argument: ${text}`);
  if (!ULIMIT_NAMES.includes(name)) throw buildFlagInvalid(`invalid ulimit type: ${name}`);
  const parts = limits.split(":");
  if (parts.length > 2)
    throw buildFlagInvalid(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  const hard = parts[1] === undefined ? undefined : readGoInt(parts[1]);
  const soft = readGoInt(parts[0] ?? "");
  return checkOrder({ name, soft, hard: hard ?? soft });
}

function checkOrder(limit: Ulimit): Ulimit {
  const { soft, hard } = limit;
  if (hard === -1n || (soft !== -1n && soft <= hard)) return limit;
  const how = soft === -1n ? `soft: -1 (unlimited), hard: ${hard}` : `${soft} > ${hard}`;
  throw buildFlagInvalid(`ulimit soft limit must be less than or equal to hard limit: ${how}`);
}

/** As {@link readUlimit} reads it, always with both limits. */
export function formatUlimit({ name, soft, hard }: Ulimit): string {
  return `${name}=${soft}:${hard}`;
}
