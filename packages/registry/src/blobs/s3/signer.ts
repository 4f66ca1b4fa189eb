import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { blobKey, parseBlobDigest } from "../names.ts";
import { openClient } from "./client.ts";
import type { ResolvedS3Options } from "./options.ts";
import type { Requests } from "./requests.ts";

/** What S3 takes as the longest life of a signed address. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

/** Makes what signs addresses of blobs, for clients that reach the store where `options.redirect` says. */
export function signer(
  client: S3Client,
  options: ResolvedS3Options,
  requests: Requests,
): (digest: string, validForSeconds: number) => Promise<URL> {
  const endpoint = options.redirect?.endpoint;
  // The host is part of what is signed. Signing opens no connection.
  const signing = endpoint ? openClient(options, endpoint) : client;
  return async (digest, validForSeconds) => {
    const command = new GetObjectCommand(requests.at(blobKey(parseBlobDigest(digest))));
    const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
    const expiresIn = Math.min(Math.max(1, Math.floor(validForSeconds)), MAX_SECONDS);
    return new URL(await getSignedUrl(signing, command, { expiresIn }));
  };
}
