import { randomBytes } from "./random-bytes.ts";

/** A random name in BuildKit's form: 25 characters of 0-9 and a-z. BuildKit: identity/randomid.go. */
export function randomId(): string {
  const value = BigInt(`0x${randomBytes(17).toString("hex")}`);
  return value.toString(36).padStart(27, "0").slice(-25);
}
