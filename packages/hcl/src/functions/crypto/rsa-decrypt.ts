import type { KeyObject } from "node:crypto";
import { quote } from "../../cty/index.ts";
import { decodeBase64 } from "../core/base64.ts";
import { FunctionError } from "../core/function.ts";
import { nodeCrypto } from "./node-crypto.ts";

const pem = /-----BEGIN ([^\n]*?)-----[ \t\r]*\n([\s\S]*?)\n?-----END \1-----/;

/** Opens a base64 ciphertext with a PEM private key, by PKCS #1 v1.5. @throws {FunctionError} */
export function rsaDecrypt(ciphertext: string, key: string): string {
  const bytes = decodeBase64(ciphertext);
  if (bytes === undefined) {
    throw new FunctionError(`failed to decode input ${quote(ciphertext)}: cipher text must be base64-encoded`);
  }
  return decrypted(bytes, readKey(key)).toString();
}

function readKey(text: string): KeyObject {
  const block = pem.exec(text)?.[2];
  if (block === undefined) throw new FunctionError("failed to parse key: no key found");
  if (/^Proc-Type: *4,ENCRYPTED/m.test(block)) {
    const reason = "password protected keys are not supported. Please decrypt the key prior to use";
    throw new FunctionError(`failed to parse key: ${reason}`);
  }
  const der = decodeBase64(block.replace(/^[\w-]+:.*$/gm, ""));
  if (der === undefined) throw new FunctionError("failed to parse key: no key found");
  const form = formOf(der);
  if (form !== "pkcs1") throw new FunctionError(form ?? "asn1: structure error: tags don't match");
  try {
    return nodeCrypto().createPrivateKey({ key: der, format: "der", type: "pkcs1" });
  } catch (error) {
    throw new FunctionError("asn1: structure error: tags don't match", { cause: error });
  }
}

/** What follows the version tells PKCS #1 from the other forms, for which it is the message. */
function formOf(der: Buffer): string | undefined {
  const start = (der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] ?? 0) & 0x7f);
  const follows = der[start + 2 + (der[start + 1] ?? 0)];
  if (der[0] !== 0x30 || der[start] !== 0x02) return undefined;
  if (follows === 0x02) return "pkcs1";
  const name = { 4: "ParseECPrivateKey", 48: "ParsePKCS8PrivateKey" }[follows ?? 0];
  return name && `x509: failed to parse private key (use ${name} instead for this key format)`;
}

// The padding is taken off here: Node would hide that it is wrong and give out random bytes.
function decrypted(bytes: Buffer, key: KeyObject): Buffer {
  const { privateDecrypt, constants } = nodeCrypto();
  let block: Buffer;
  try {
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
  } catch (error) {
    throw new FunctionError("crypto/rsa: decryption error", { cause: error });
  }
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new FunctionError("crypto/rsa: decryption error");
  return block.subarray(end + 1);
}
