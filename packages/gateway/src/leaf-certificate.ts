import { type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import { promisify } from "node:util";

import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, set, time, utf8 } from "./der.ts";

const signAsync = promisify(
  (data: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void): void =>
    sign("sha256", data, key, done),
);

/** What a certificate says. */
export interface Leaf {
  readonly commonName: string;
  readonly usage: keyof typeof USAGE;
  /** Whom it is for: the only names that count. */
  readonly names: ReadonlyArray<{ readonly type: keyof typeof NAME_TAG; readonly value: string }>;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo of its key, in DER. */
  readonly publicKey: Uint8Array;
}

/** Who signs. */
export interface Issuer {
  /** ECDSA P-256. */
  readonly key: KeyObject;
  /** Its own subject, in DER. */
  readonly name: Uint8Array;
  /** The extension that names its key, in DER. */
  readonly keyId: Uint8Array;
}

/** GeneralName's choices: RFC 5280 section 4.2.1.6. */
const NAME_TAG = { dns: 2, url: 6, ip: 7 } as const;
/** RFC 5280 section 4.2.1.12. */
const USAGE = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" } as const;

const COMMON_NAME = oid("2.5.4.3");
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const VERSION_3 = explicit(0, integer(Buffer.from([2])));
/** No authority itself. */
const BASIC_CONSTRAINTS = extension("2.5.29.19", sequence(), true);
/** Signs, and nothing else: bit 0 of the bit string. */
const KEY_USAGE = extension("2.5.29.15", bitString(Buffer.from([0x80]), 7), true);

/**
 * Makes and signs the certificate of somebody who is no authority; its DER. All that ours differ in is written here: the
 * library that makes authorities takes 8 ms of CPU for each, which every build would wait for. RFC 5280 section 4.1.
 */
export async function signLeaf(leaf: Leaf, issuer: Issuer): Promise<Buffer> {
  const toBeSigned = sequence(
    VERSION_3,
    integer(createSerial()),
    ECDSA_WITH_SHA256,
    issuer.name,
    sequence(time(leaf.notBefore), time(leaf.notAfter)),
    sequence(set(sequence(COMMON_NAME, utf8(leaf.commonName)))),
    leaf.publicKey,
    explicit(
      3,
      sequence(
        BASIC_CONSTRAINTS,
        KEY_USAGE,
        extension("2.5.29.37", sequence(oid(USAGE[leaf.usage]))),
        extension("2.5.29.17", sequence(...leaf.names.map(generalName))),
        issuer.keyId,
      ),
    ),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(await signAsync(toBeSigned, issuer.key)));
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(value));
}

function generalName({ type, value }: Leaf["names"][number]): Buffer {
  return implicit(NAME_TAG[type], type === "ip" ? addressOf(value) : asciiOf(value));
}

/** The 4 or 16 bytes of an address. */
function addressOf(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split(".").map(Number));
  // The URL standard writes the last part of mapped addresses in hexadecimal, too.
  const [head = "", tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":"))) as [
    string[],
    string[],
  ];
  const groups = [
    ...before,
    ...Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill("0"),
    ...after,
  ];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** Names are IA5String, which is ASCII. */
function asciiOf(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.some((byte) => byte > 0x7f)) throw new RangeError(`${JSON.stringify(text)} is no name for a certificate`);
  return bytes;
}

/** 126 random bits: positive and of full length, as RFC 5280 section 4.1.2.2 wants. */
export function createSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
