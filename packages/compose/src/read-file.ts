import { LIMITS, type LoadComposeOptions } from "./load-options.ts";
import { composeProblem, limitExceeded, missingFile } from "./problems.ts";

/**
 * Reads a file that a compose file names.
 *
 * @throws {Problem} `compose_file` when it does not exist or is a directory, `compose_limit`
 */
export function readText(path: string, options: LoadComposeOptions): string {
  const content = options.readFile(path);
  if (content !== undefined) return decodeText(content, path);
  if (options.isDirectory?.(path) === true) throw composeProblem("compose_file", `read ${path}: is a directory`);
  throw missingFile("open", path);
}

/** The text of a file. @throws {Problem} `compose_limit`, `compose_syntax` when it is not text */
export function decodeText(content: Uint8Array | string, path: string): string {
  if (typeof content !== "string" && content.byteLength <= LIMITS.fileBytes) return decode(content, path);
  if (typeof content === "string" && content.length <= LIMITS.fileBytes) return content;
  throw limitExceeded(`${path} is larger than ${LIMITS.fileBytes} bytes`);
}

function decode(content: Uint8Array, path: string): string {
  const [first, second] = content;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(content);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(content);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    const message = `failed to parse ${path}: yaml: offset ${invalidOffset(content)}: invalid leading UTF-8 octet`;
    throw composeProblem("compose_syntax", message, { cause: error });
  }
}

function invalidOffset(content: Uint8Array): number {
  const valid = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
  const broken = valid.indexOf("\ufffd");
  return Buffer.byteLength(valid.slice(0, broken));
}
