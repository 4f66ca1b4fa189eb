import { quote } from "../../cty/index.ts";
import { FunctionError } from "../core/function.ts";
import { nodeCrypto } from "./node-crypto.ts";

/** RFC 4122, appendix C. */
const namespaces: Readonly<Record<string, string>> = {
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
};

/** The UUID of a name in a namespace: RFC 4122, section 4.3. @throws {FunctionError} no such namespace. */
export function uuidV5(namespace: string, name: string): string {
  const bytes = parseUuid(namespaces[namespace] ?? namespace, namespace);
  const hash = nodeCrypto().createHash("sha1").update(bytes).update(name).digest();
  return uuidText(hash.subarray(0, 16), 5);
}

/** Writes 16 bytes as a UUID of a version. */
export function uuidText(bytes: Uint8Array, version: number): string {
  const uuid = Buffer.from(bytes);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | (version << 4);
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const prefix = "urn:uuid:";

// The forms of google/uuid's Parse.
function parseUuid(text: string, namespace: string): Buffer {
  const size = Buffer.byteLength(text);
  if (size === 32 && /^[0-9a-f]{32}$/i.test(text)) return Buffer.from(text, "hex");
  if (![32, 36, 38, 45].includes(size)) throw unsupported(namespace, `invalid UUID length: ${size}`);
  if (size === 45 && text.slice(0, 9).toLowerCase() !== prefix) {
    throw unsupported(namespace, `invalid urn prefix: ${quote(text.slice(0, 9))}`);
  }
  const body = text.slice(size === 45 ? 9 : size === 38 ? 1 : 0);
  const match = dashed.exec(body);
  if (match === null || size === 32) throw unsupported(namespace, "invalid UUID format");
  return Buffer.from(match[0].replaceAll("-", ""), "hex");
}

function unsupported(namespace: string, reason: string): FunctionError {
  return new FunctionError(`uuidv5() doesn't support namespace ${namespace} (${reason})`);
}
