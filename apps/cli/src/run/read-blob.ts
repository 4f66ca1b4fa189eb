import { Problem } from "@opendepot/base";
import type { BuildkitClient } from "@opendepot/buildkit";
import { type Descriptor, digestOf } from "@opendepot/oci";
import type { CliProblemCode } from "../problems.ts";

/** Manifests and attestations are smaller; more would only be a hostile builder's. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a blob from a builder whole and checks it against its digest.
 *
 * @throws {Problem} `builder_content_invalid`
 */
export async function readBlob(
  client: Pick<BuildkitClient, "readContent">,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (size > MAX_BYTES) throw contentInvalid(digest, `it says that it has ${size} bytes`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of client.readContent(digest, { signal })) {
    bytes += piece.length;
    if (bytes > size) throw contentInvalid(digest, `it has more than ${size} bytes`);
    pieces.push(piece);
  }
  const blob = Buffer.concat(pieces);
  if (digestOf(blob) !== digest) throw contentInvalid(digest, "what the builder sent is something else");
  return blob;
}

function contentInvalid(digest: string, why: string): Problem<CliProblemCode> {
  return new Problem("builder_content_invalid", `cannot take ${digest} from the builder: ${why}`, {
    hint: "build again; if it stays so, empty the builder's cache with depot cache reset",
  });
}
