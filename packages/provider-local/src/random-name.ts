import { randomBytes } from "node:crypto";

/** Twelve random hexadecimal digits. */
export function randomName(): string {
  return randomBytes(6).toString("hex");
}
