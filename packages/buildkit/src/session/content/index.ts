import {
  Content,
  ListContentResponse,
  ReadContentRequest,
  ReadContentResponse,
  type Status,
} from "../../gen/containerd/services/content/v1/content.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { decode, encode, type Init } from "../../wire/index.ts";
import type { SessionCall, SessionMethod, SessionService } from "../service.ts";
import { unary } from "../unary.ts";
import { parseBlobDigest } from "./blob-digest.ts";
import type { BlobWrite } from "./blob-write.ts";
import type { ContentFolder } from "./content-folder.ts";
import { serveWrite, toTimestamp } from "./serve-write.ts";

/** Names the store that a call is for. BuildKit: session/content/attachable.go. */
const STORE_ID_HEADER = "buildkit-attachable-store-id";

const READ_BYTES = 1024 * 1024;

const LIST_BLOCK = 100;

/**
 * Serves content stores to the engine: image layouts as named contexts (`oci:<name>`), local caches (`local:<folder>`),
 * the folder of an oci exporter (`export`).
 *
 * The engine is not trusted: it reads blobs only, and writes only into folders that are open for it, where nothing gets
 * a name that does not have the digest it is named by. Labels are not kept, and nothing is deleted.
 *
 * BuildKit `session/content`, service `containerd.services.content.v1.Content`.
 */
export function createContentStores(folders: Readonly<Record<string, ContentFolder>>): SessionService {
  const byId = new Map(Object.entries(folders));
  const folderOf = ({ metadata }: SessionCall): ContentFolder => {
    const id = metadata.get(STORE_ID_HEADER);
    if (id === undefined) throw new GrpcError(GrpcCode.invalidArgument, `request lacks metadata ${STORE_ID_HEADER}`);
    const folder = byId.get(id);
    if (!folder) throw new GrpcError(GrpcCode.notFound, `unknown store ${id}`);
    return folder;
  };
  const withFolder =
    (serve: (call: SessionCall, folder: ContentFolder) => Promise<void>): SessionMethod =>
    (call) =>
      serve(call, folderOf(call));
  return {
    name: "containerd.services.content.v1.Content",
    methods: {
      Info: unary(Content.info, async ({ digest }, call) => ({
        info: await folderOf(call).info(parseBlobDigest(digest)),
      })),
      Read: withFolder(read),
      List: withFolder(list),
      Write: withFolder(serveWrite),
      Status: unary(Content.status, ({ ref }, call) => {
        const write = folderOf(call).writes.get(ref);
        if (!write) throw new GrpcError(GrpcCode.notFound, `could not get status for ref ${JSON.stringify(ref)}`);
        return { status: toStatus(write) };
      }),
      ListStatuses: unary(Content.listStatuses, (_request, call) => ({
        statuses: [...folderOf(call).writes.values()].map(toStatus),
      })),
      Abort: unary(Content.abort, async ({ ref }, call) => {
        const write = folderOf(call).writes.get(ref);
        if (!write) throw new GrpcError(GrpcCode.notFound, `ingest ref ${JSON.stringify(ref)}: not found`);
        await write.discard();
        return {};
      }),
      // As containerd has it for a store that keeps no labels.
      Update: refuse(GrpcCode.failedPrecondition, "update not supported on immutable content store"),
      Delete: refuse(GrpcCode.permissionDenied, "blobs are not deleted"),
    },
  };
}

function refuse(code: GrpcCode, message: string): SessionMethod {
  return () => Promise.reject(new GrpcError(code, message));
}

async function read(call: SessionCall, folder: ContentFolder): Promise<void> {
  for await (const message of call.messages) {
    const request = decode(ReadContentRequest, message);
    const { handle, size } = await folder.open(parseBlobDigest(request.digest));
    try {
      const from = request.offset < 0n ? 0n : request.offset;
      if (from > BigInt(size)) {
        throw new GrpcError(GrpcCode.outOfRange, `read past object length ${size} bytes`);
      }
      const rest = BigInt(size) - from;
      const length = request.size <= 0n || request.size > rest ? rest : request.size;
      let sent = 0;
      while (sent < length) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Number(length) - sent));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, Number(from) + sent);
        if (bytesRead === 0) throw new GrpcError(GrpcCode.dataLoss, `blob ${request.digest} has become shorter`);
        await call.send(encode(ReadContentResponse, { offset: BigInt(sent), data: buffer.subarray(0, bytesRead) }));
        sent += bytesRead;
        call.signal.throwIfAborted();
      }
    } finally {
      await handle.close();
    }
    return;
  }
}

async function list(call: SessionCall, folder: ContentFolder): Promise<void> {
  let block: Array<Awaited<ReturnType<ContentFolder["info"]>>> = [];
  for await (const digest of folder.list()) {
    block.push(await folder.info(digest));
    if (block.length < LIST_BLOCK) continue;
    await call.send(encode(ListContentResponse, { info: block }));
    block = [];
    call.signal.throwIfAborted();
  }
  if (block.length > 0) await call.send(encode(ListContentResponse, { info: block }));
}

function toStatus({ ref, offset, total, expected, startedAt, updatedAt }: BlobWrite): Init<Status> {
  return { ref, offset, total, expected, startedAt: toTimestamp(startedAt), updatedAt: toTimestamp(updatedAt) };
}
