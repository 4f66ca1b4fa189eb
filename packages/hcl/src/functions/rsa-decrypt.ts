import type { KeyObject } from "node:crypto";
import { quote } from "../cty/index.ts";
import { decodeBase64 } from "./encoding-functions.ts";
import { FunctionError } from "./function.ts";
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
  const key = keyOf(der, "pkcs1");
  if (key !== undefined) return key;
  for (const [type, name] of otherForms) {
    if (keyOf(der, type) !== undefined)
      throw new FunctionError(`x509: failed to parse private key (use ${name} instead for this key format)`);
  }
  throw new FunctionError("asn1: structure error: tags don't match");
}

const otherForms = [
  ["sec1", "ParseECPrivateKey"],
  ["pkcs8", "ParsePKCS8PrivateKey"],
] as const;

function keyOf(der: Buffer, type: "pkcs1" | "pkcs8" | "sec1"): KeyObject | undefined {
  try {
    return nodeCrypto().createPrivateKey({ key: der, format: "der", type });
  } catch {
    // Another form of key is tried next.
    return undefined;
  }
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
