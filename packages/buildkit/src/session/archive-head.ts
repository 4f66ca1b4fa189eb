/** How many bytes of a stream tell whether it is an archive: two blocks of a tar. */
export const ARCHIVE_HEAD_BYTES: number = 1024;

const BLOCK_BYTES = 512;

/** First bytes of what an engine unpacks: bzip2, gzip, xz, zstd. */
const MAGIC: ReadonlyArray<readonly number[]> = [
  [0x42, 0x5a, 0x68],
  [0x1f, 0x8b, 0x08],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x28, 0xb5, 0x2f, 0xfd],
];

/** Where the checksum of a tar header lies: POSIX.1-2017, pax, ustar interchange format. */
const CHECKSUM = { at: 148, length: 8 };

/**
 * Whether a stream that begins so is a tar, compressed or not, rather than a Dockerfile.
 * buildx v0.36: build/utils.go.
 */
export function isArchiveHead(head: Uint8Array): boolean {
  if (MAGIC.some((magic) => magic.every((byte, at) => head[at] === byte))) return true;
  return isTarHeader(head.subarray(0, BLOCK_BYTES));
}

function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES) return false;
  const text = Buffer.from(block).toString("latin1", CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(text) ?? [];
  if (digits === undefined) return false;
  let [unsigned, signed] = [0, 0];
  for (const [at, byte] of block.entries()) {
    const counted = at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.length ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 0x7f ? counted - 0x100 : counted; // as some old tars count
  }
  const checksum = Number.parseInt(digits, 8);
  return checksum === unsigned || checksum === signed;
}
