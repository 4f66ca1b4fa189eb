/** What a {@link tinyProgram} does. */
export interface TinyProgram {
  readonly architecture: "amd64" | "arm64";
  /** Written to its standard output; below 64 KiB. */
  readonly says: string;
  /** Default: 0. */
  readonly exitCode?: number | undefined;
}

const ADDRESS = 0x400000;
const HEADER_BYTES = 64 + 56;
const MACHINES = { amd64: 62, arm64: 183 } as const;

/** A static Linux program, made without a compiler, for tests of other architectures: ELF-64, elf(5). */
export function tinyProgram({ architecture, says, exitCode = 0 }: TinyProgram): Buffer {
  const text = Buffer.from(says);
  const codeOf = architecture === "amd64" ? amd64Code : arm64Code;
  const body = Buffer.concat([codeOf(text.length, exitCode), text]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(MACHINES[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(ADDRESS + HEADER_BYTES), 24); // where it starts
  header.writeBigUInt64LE(64n, 32); // the one program header follows
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
    [58, 64],
  ] as const) {
    header.writeUInt16LE(value, at);
  }
  header.writeUInt32LE(1, 64); // to be loaded
  header.writeUInt32LE(5, 68); // readable and executable
  header.writeBigUInt64LE(BigInt(ADDRESS), 80);
  header.writeBigUInt64LE(BigInt(ADDRESS), 88);
  header.writeBigUInt64LE(BigInt(HEADER_BYTES + body.length), 96);
  header.writeBigUInt64LE(BigInt(HEADER_BYTES + body.length), 104);
  header.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([header, body]);
}

/** `write(1, text, length)`, `exit(code)`; the text follows. */
function amd64Code(length: number, exitCode: number): Buffer {
  const code = Buffer.from(
    "b801000000 bf01000000 488d3513000000 ba00000000 0f05 b83c000000 bf00000000 0f05".replaceAll(" ", ""),
    "hex",
  );
  code.writeUInt32LE(length, 18);
  code.writeUInt32LE(exitCode, 30);
  return code;
}

/** The same; each instruction is a word. */
function arm64Code(length: number, exitCode: number): Buffer {
  const move = (register: number, value: number): number => 0xd2800000 + value * 32 + register;
  const systemCall = 0xd4000001;
  const addressOfText = 0x10000000 + (28 / 4) * 32 + 1; // 28 bytes from here, into x1
  const words = [move(0, 1), addressOfText, move(2, length), move(8, 64), systemCall];
  words.push(move(0, exitCode), move(8, 93), systemCall);
  const code = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4);
  return code;
}
