const BLOCK_BYTES = 512;

/** The largest size that fits into a header's eleven octal digits. */
const MAX_OCTAL = 8n ** 11n - 1n;

/**
 * The header of a file in a tar archive, for names of at most 100 bytes: POSIX.1-1988 "ustar", with GNU's binary form
 * for sizes of 8 GiB and more. Times and owners are zero.
 */
export function tarHeader(name: string, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  if (header.write(name) > 100) throw new RangeError(`${name} is too long for a tar header`);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  writeSize(header, BigInt(size));
  header.write("00000000000\0", 136);
  header.write("        0", 148); // the checksum counts as blanks; an ordinary file
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function writeSize(header: Buffer, size: bigint): void {
  if (size <= MAX_OCTAL) header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  else header.writeBigUInt64BE(size, header.writeUInt32BE(0x80000000, 124));
}

/** What fills a file's last block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** What ends an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);
