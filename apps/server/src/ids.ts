import { randomBytes } from "node:crypto";

/** Crockford's base 32 in lower case: url-safe, DNS-safe, no letter that reads like a digit. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A random name of `length` characters with five bits each. */
export function randomId(length: number): string {
  let id = "";
  for (const byte of randomBytes(length)) id += ALPHABET.charAt(byte & 31);
  return id;
}

/** An organization's, user's or project's id: short enough to type. */
export function newShortId(): string {
  return randomId(10);
}

/** A build's, lease's or token's id: there may be many. */
export function newLongId(): string {
  return randomId(16);
}

/** The builder of a project and architecture, also its cache volume's name. */
export function builderIdOf(projectId: string, architecture: string): string {
  return `${projectId}-${architecture}`;
}
