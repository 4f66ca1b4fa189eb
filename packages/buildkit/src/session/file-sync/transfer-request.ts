import type { ByteString } from "../../filter/byte-string.ts";
import type { Metadata } from "../../rpc/metadata.ts";

/** What the engine asks for when it opens a transfer: BuildKit `session/filesync` metadata keys. */
export interface TransferRequest {
  readonly folder: string;
  readonly includes: readonly ByteString[];
  readonly excludes: readonly ByteString[];
  /** Undefined when not sent, which is not the same as none. */
  readonly followPaths: readonly ByteString[] | undefined;
}

export function readTransferRequest(metadata: Metadata): TransferRequest {
  const follow = readValues(metadata, "followpaths");
  return {
    folder: Buffer.from(readValues(metadata, "dir-name")[0] ?? "", "latin1").toString("utf8"),
    includes: readValues(metadata, "include-patterns"),
    excludes: readValues(metadata, "exclude-patterns"),
    followPaths: follow.length > 0 ? follow : undefined,
  };
}

/** Values with anything beyond ASCII come query-escaped, all of the key's together, and marked so. */
function readValues(metadata: Metadata, key: string): readonly ByteString[] {
  const values = metadata.getAll(key);
  const isEncoded = /^(?:1|t|T|true|True|TRUE)$/.test(metadata.get(`${key}-encoded`) ?? "");
  return isEncoded ? values.map(queryUnescape) : values;
}

/** Go's `url.QueryUnescape`; empty when malformed, as BuildKit takes it. */
function queryUnescape(value: string): ByteString {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) return "";
  return value
    .replaceAll("+", " ")
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
