import { realpathSync, statSync } from "node:fs";
import type { Problem } from "@opendepot/base";
import { type ByteString, toFsPath } from "../../filter/byte-string.ts";
import { followPaths, withoutNested } from "../../filter/follow-paths.ts";
import { TreeFilter } from "../../filter/tree-filter.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { contextMissing } from "../problems.ts";
import type { SessionCall, SessionService } from "../service.ts";
import { loadXattrs } from "../xattrs/load-xattrs.ts";
import { createLinkReader } from "./link-reader.ts";
import { readTransferRequest, type TransferRequest } from "./transfer-request.ts";
import { sendTree } from "./tree-sender.ts";

/** A folder that the engine may read, with everything in it. */
export interface SyncedFolder {
  /** Symlinks in the path itself are resolved; those inside are sent as they are. */
  readonly path: string;
}

/** How far the transfer of one folder is. A folder may be asked for several times in one build. */
export interface FileSyncProgress {
  readonly folder: string;
  /** Entries listed so far. */
  readonly entries: number;
  /** Files whose content was sent. */
  readonly files: number;
  /** Bytes of content sent. */
  readonly bytes: number;
  readonly isDone: boolean;
}

/** Options of {@link createFileSync}. */
export interface FileSyncOptions {
  /** Told about every 8 ms of work, and once at the end of a transfer that succeeded. Must not throw. */
  readonly onProgress?: ((progress: FileSyncProgress) => void) | undefined;
  /** Told, once in a process, of what is sent without: `xattrs_unavailable`. Must not throw. */
  readonly onWarning?: ((problem: Problem) => void) | undefined;
}

/**
 * Serves folders to the engine by name: build contexts (`context`, `dockerfile` and those of `--build-context`).
 *
 * Owners are sent as 0:0, times to the nanosecond, names as bytes. Sockets arrive as empty files, as BuildKit's own
 * client sends them; FIFOs and devices as what they are, never opened. Extended attributes, among them file
 * capabilities, are sent on Linux and macOS, byte for byte, with these exceptions: those of symlinks, those of
 * `com.apple.*`, those of files whose own name is not UTF-8, and all of a file with an attribute whose name is not.
 *
 * Calls fail with `not_found` for a folder of another name, and with {@link Problem}s `context_missing`,
 * `context_unreadable`, `pattern_invalid` and `engine_protocol`, whose text also reaches the engine.
 *
 * BuildKit `session/filesync`, service `moby.filesync.v1.FileSync`; fsutil `Send`.
 */
export function createFileSync(
  folders: Readonly<Record<string, SyncedFolder>>,
  options: FileSyncOptions = {},
): SessionService {
  const diffCopy = async (call: SessionCall): Promise<void> => {
    const request = readTransferRequest(call.metadata);
    const { folder } = request;
    const shared = Object.hasOwn(folders, folder) ? folders[folder] : undefined;
    if (!shared) throw new GrpcError(GrpcCode.notFound, `no access allowed to dir ${JSON.stringify(folder)}`);
    const root = resolveRoot(shared.path);
    const counts = await sendTree(call, {
      root,
      filter: createFilter(root, request),
      xattrs: await loadXattrs(options.onWarning),
      onProgress: (soFar) => options.onProgress?.({ folder, ...soFar, isDone: false }),
    });
    options.onProgress?.({ folder, ...counts, isDone: true });
  };
  return { name: "moby.filesync.v1.FileSync", methods: { DiffCopy: diffCopy } };
}

function resolveRoot(path: string): ByteString {
  try {
    const root = realpathSync.native(path, "latin1");
    if (statSync(toFsPath(root)).isDirectory()) return root;
  } catch (error) {
    throw contextMissing(path, error);
  }
  throw contextMissing(path, Object.assign(new Error("not a directory"), { code: "ENOTDIR" }));
}

function createFilter(root: ByteString, request: TransferRequest): TreeFilter {
  const followed = request.followPaths && followPaths(request.followPaths, createLinkReader(root));
  const includes = followed ? (withoutNested([...request.includes, ...followed]) ?? []) : request.includes;
  return new TreeFilter({ includes, excludes: request.excludes });
}
