import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";

/** Hexadecimal digits of the digests that blobs are named by. OCI image-spec v1.1, descriptor.md, Registered Algorithms. */
const LENGTHS = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);

/** The parts of a digest, safe to be made a path of. */
export interface BlobDigest {
  readonly text: string;
  /** As `node:crypto` names it. */
  readonly algorithm: string;
  readonly hex: string;
}

/** Reads a digest; undefined when it is none. */
export function readBlobDigest(text: string): BlobDigest | undefined {
  const [, algorithm = "", hex = ""] = /^([a-z0-9]+):([a-f0-9]+)$/.exec(text) ?? [];
  return LENGTHS.get(algorithm) === hex.length ? { text, algorithm, hex } : undefined;
}

/** @throws {GrpcError} `invalidArgument` */
export function parseBlobDigest(text: string): BlobDigest {
  const digest = readBlobDigest(text);
  if (!digest) throw new GrpcError(GrpcCode.invalidArgument, `${JSON.stringify(text.slice(0, 200))} failed validation`);
  return digest;
}
