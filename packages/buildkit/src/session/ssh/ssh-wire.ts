/** Reads the data types of SSH: RFC 4251 section 5. Never past the end. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  /** The bytes of a `string` or an `mpint`. */
  bytes(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.bytes().toString("latin1");
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError("SSH data is cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

export function sshUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function sshString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([sshUint32(bytes.length), bytes]);
}

/** A positive number from its big-endian bytes. */
export function sshMpint(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const bytes = start < 0 ? new Uint8Array(0) : magnitude.subarray(start);
  const needsZero = (bytes[0] ?? 0) >= 0x80;
  return sshString(needsZero ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}
