import {
  WriteAction,
  WriteContentRequest,
  WriteContentResponse,
} from "../../gen/containerd/services/content/v1/content.ts";
import type { Timestamp } from "../../gen/google/protobuf/timestamp.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { decode, encode, type Init } from "../../wire/index.ts";
import type { SessionCall } from "../service.ts";
import { parseBlobDigest } from "./blob-digest.ts";
import type { BlobWrite } from "./blob-write.ts";
import type { ContentFolder } from "./content-folder.ts";

const MAX_REF_LENGTH = 4096;

/**
 * Serves one write: every message is answered before the next is read. What is not committed at the end of the call is
 * removed. containerd v2: plugins/services/content/contentserver.
 */
export async function serveWrite(call: SessionCall, folder: ContentFolder): Promise<void> {
  let write: BlobWrite | undefined;
  try {
    for await (const message of call.messages) {
      const request = decode(WriteContentRequest, message);
      write ??= await begin(request, folder);
      const response = await answer(request, write, folder);
      await call.send(encode(WriteContentResponse, { action: request.action, ...response }));
      if (request.action === WriteAction.COMMIT) return;
    }
  } finally {
    await write?.discard();
  }
}

async function begin({ ref }: WriteContentRequest, folder: ContentFolder): Promise<BlobWrite> {
  if (ref === "" || ref.length > MAX_REF_LENGTH) {
    throw new GrpcError(GrpcCode.invalidArgument, "first message must have a reference");
  }
  return await folder.beginWrite(ref);
}

async function answer(
  request: WriteContentRequest,
  write: BlobWrite,
  folder: ContentFolder,
): Promise<Init<WriteContentResponse>> {
  if (request.expected !== "") await expect(request.expected, write, folder);
  if (request.total > 0n) write.total = request.total;
  switch (request.action) {
    case WriteAction.STAT:
      break;
    case WriteAction.WRITE:
      await append(request, write);
      break;
    case WriteAction.COMMIT:
      await append(request, write);
      return await commit(write, folder);
    default:
      throw new GrpcError(GrpcCode.invalidArgument, `unknown action ${request.action}`);
  }
  return {
    offset: write.offset,
    total: write.total,
    digest: write.digest,
    startedAt: toTimestamp(write.startedAt),
    updatedAt: toTimestamp(write.updatedAt),
  };
}

async function expect(text: string, write: BlobWrite, folder: ContentFolder): Promise<void> {
  const digest = parseBlobDigest(text);
  write.expected = text;
  write.useAlgorithm(digest.algorithm);
  if (await folder.has(digest)) {
    throw new GrpcError(GrpcCode.alreadyExists, `blob with expected digest ${text} exists`);
  }
}

async function append({ offset, data }: WriteContentRequest, write: BlobWrite): Promise<void> {
  if (offset !== 0n && offset !== write.offset) {
    throw new GrpcError(GrpcCode.outOfRange, `write @${offset} must occur at current offset ${write.offset}`);
  }
  if (offset === 0n && write.offset > 0n) await write.restart();
  if (data.length > 0) await write.append(data);
}

async function commit(write: BlobWrite, folder: ContentFolder): Promise<Init<WriteContentResponse>> {
  const { offset, digest } = write;
  const expected = parseBlobDigest(write.expected || digest);
  await write.commit(expected, (path) => folder.place(path, expected));
  return { offset, digest };
}

/** A time on the wire. */
export function toTimestamp(time: Date): Init<Timestamp> {
  const ms = time.getTime();
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}
