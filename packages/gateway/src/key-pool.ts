import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** A key pair in the forms that certificates and their owners need. */
export interface EncodedKeyPair {
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Buffer;
  /** PKCS #8, as PEM. */
  readonly privateKey: string;
}

/** Makes one ECDSA P-256 key pair. */
async function createKeyPair(): Promise<EncodedKeyPair> {
  return await generate("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/**
 * Hands out key pairs that were made ahead, so that issuing a certificate does not wait for one.
 * Each pair is handed out once. Holds nothing that must be closed.
 */
export class KeyPool {
  readonly #ready: Promise<EncodedKeyPair>[] = [];

  /** @param size how many pairs are kept ready */
  constructor(size: number) {
    for (let index = 0; index < size; index++) this.#add();
  }

  async take(): Promise<EncodedKeyPair> {
    const next = this.#ready.shift();
    if (!next) return await createKeyPair();
    this.#add();
    return await next;
  }

  #add(): void {
    const pair = createKeyPair();
    // A failure belongs to whoever takes the pair.
    pair.catch(() => undefined);
    this.#ready.push(pair);
  }
}
