import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { SshReader } from "./ssh-wire.ts";

const MAGIC = "openssh-key-v1\0";

const CURVES: Readonly<Record<string, string>> = { nistp256: "P-256", nistp384: "P-384", nistp521: "P-521" };

/**
 * Reads OpenSSH's private key format: openssh-portable PROTOCOL.key.
 *
 * @throws {Error} that says why the key cannot be used
 */
export function parseOpenSshKey(bytes: Buffer): KeyObject {
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) throw new Error("it is not a private key");
  const outer = new SshReader(bytes.subarray(MAGIC.length));
  const cipher = outer.text();
  if (cipher !== "none") throw new Error("it is encrypted");
  outer.bytes(); // key derivation, and its options: both for encrypted keys
  outer.bytes();
  if (outer.uint32() !== 1) throw new Error("it holds several keys");
  outer.bytes(); // the public key, which the private part repeats
  const reader = new SshReader(outer.bytes());
  const [check, sameCheck] = [reader.uint32(), reader.uint32()];
  if (check !== sameCheck) throw new Error("it is damaged");
  return createPrivateKey({ key: readKey(reader), format: "jwk" });
}

function readKey(reader: SshReader): JsonWebKey {
  const type = reader.text();
  if (type === "ssh-ed25519") return readEd25519(reader);
  if (type.startsWith("ecdsa-sha2-")) return readEcdsa(reader);
  if (type === "ssh-rsa") return readRsa(reader);
  throw new Error(`keys of type ${type} are not supported`);
}

function readEd25519(reader: SshReader): JsonWebKey {
  const publicKey = reader.bytes();
  const seed = reader.bytes().subarray(0, 32); // the public key follows in it once more
  return { kty: "OKP", crv: "Ed25519", x: base64(publicKey), d: base64(seed) };
}

function readEcdsa(reader: SshReader): JsonWebKey {
  const curve = CURVES[reader.text()];
  if (!curve) throw new Error("its curve is not supported");
  const point = reader.bytes(); // 4, then both coordinates
  const size = (point.length - 1) / 2;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  return { kty: "EC", crv: curve, x: base64(x), y: base64(y), d: base64(toSize(reader.bytes(), size)) };
}

function readRsa(reader: SshReader): JsonWebKey {
  const [n, e, d, inverse, p, q] = [
    reader.bytes(),
    reader.bytes(),
    reader.bytes(),
    reader.bytes(),
    reader.bytes(),
    reader.bytes(),
  ];
  return {
    kty: "RSA",
    n: base64(unsigned(n)),
    e: base64(unsigned(e)),
    d: base64(unsigned(d)),
    p: base64(unsigned(p)),
    q: base64(unsigned(q)),
    dp: base64(exponent(d, p)),
    dq: base64(exponent(d, q)),
    qi: base64(unsigned(inverse)),
  };
}

/** `d mod (prime - 1)`: the format leaves it to be computed. */
function exponent(d: Buffer, prime: Buffer): Buffer {
  const value = BigInt(`0x${d.toString("hex")}`) % (BigInt(`0x${prime.toString("hex")}`) - 1n);
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function unsigned(mpint: Buffer): Buffer {
  return mpint[0] === 0 ? mpint.subarray(1) : mpint;
}

function toSize(mpint: Buffer, size: number): Buffer {
  const bytes = unsigned(mpint);
  return Buffer.concat([Buffer.alloc(Math.max(0, size - bytes.length)), bytes]);
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64url");
}
