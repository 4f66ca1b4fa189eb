import { Blowfish } from "./blowfish.ts";

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** "OrpheanBeholderScryDoubt" */
const magic = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274];

/**
 * Hashes a password of at most 72 bytes with bcrypt, version 2a. `cost`: 4 to 31; each step doubles the time, 10
 * takes a few tenths of a second.
 */
export function bcryptHash(password: Uint8Array, salt: Uint8Array, cost: number): string {
  const key = Uint8Array.of(...password, 0);
  const cipher = new Blowfish();
  cipher.expandKey(key, salt);
  for (let round = 2 ** cost; round > 0; round--) {
    cipher.expandKey(key);
    cipher.expandKey(salt);
  }
  const words = Uint32Array.from(magic);
  for (let at = 0; at < words.length; at += 2) {
    for (let times = 0; times < 64; times++) cipher.encrypt(words, at);
  }
  const bytes = Uint8Array.from({ length: 23 }, (_, at) => ((words[at >> 2] ?? 0) >>> (24 - (at & 3) * 8)) & 0xff);
  return `$2a$${String(cost).padStart(2, "0")}$${encode(salt)}${encode(bytes)}`;
}

// Base64 with an order of letters of its own and without padding.
function encode(bytes: Uint8Array): string {
  const usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return Buffer.from(bytes)
    .toString("base64")
    .replaceAll("=", "")
    .replace(/./g, (letter) => alphabet.charAt(usual.indexOf(letter)));
}
