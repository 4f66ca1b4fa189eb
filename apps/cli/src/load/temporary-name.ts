import { randomBytes } from "node:crypto";

/** Finds temporary names by the `reference` filter of Docker. */
export const TEMPORARY_PATTERN = "127.0.0.1:*/depot-load/*";

const TEMPORARY_NAME = /^127\.0\.0\.1:\d+\/depot-load\/(\d{10})-[0-9a-f]{32}@sha256:[0-9a-f]{64}$/;

/** A load has its temporary name in Docker for the moment between the end of a pull and the giving of names. */
const LEFT_AFTER_MS = 60 * 60_000;

/** A repository's path on a registry that lives for one load: nobody can guess it, and it tells when that was. */
export function temporaryPath(now: Date): string {
  return `depot-load/${Math.floor(now.getTime() / 1000)}-${randomBytes(16).toString("hex")}`;
}

/** Whether a name in Docker is that of a load which was killed before it could take it away. */
export function isLeftOver(name: string, now: Date): boolean {
  const [, seconds] = TEMPORARY_NAME.exec(name) ?? [];
  return seconds !== undefined && now.getTime() - Number(seconds) * 1000 > LEFT_AFTER_MS;
}
