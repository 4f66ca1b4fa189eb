import { webcrypto } from "node:crypto";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** Makes one ECDSA P-256 key pair whose private half can be exported. */
export async function createKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/**
 * Hands out key pairs that were made ahead, so that issuing a certificate does not wait for one.
 * Each pair is handed out once. Holds nothing that must be closed.
 */
export class KeyPool {
  readonly #ready: Promise<webcrypto.CryptoKeyPair>[] = [];

  /** @param size how many pairs are kept ready */
  constructor(size: number) {
    for (let index = 0; index < size; index++) this.#add();
  }

  async take(): Promise<webcrypto.CryptoKeyPair> {
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
