import type { Writable } from "node:stream";
import { assertNever, type Problem } from "@opendepot/base";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { outputMirrorUnsupported } from "../problems.ts";
import type { SessionCall, SessionService } from "../service.ts";
import { receiveFile, receiveStream } from "./archive-output.ts";
import { receiveFolder } from "./folder-output.ts";

/** Says that all platforms come in one transfer. BuildKit: session/filesync/filesync.go. */
const WHOLE_TRANSFER_HEADER = "buildkit-exporter-multi-platform";

/** Where the result of an exporter goes on this machine. */
export type ExportOutput =
  /**
   * The archive of a `tar`, `oci` or `docker` exporter. It appears at `path` only when it is whole; directories on
   * the way are created. A device or FIFO at `path` is written to directly.
   */
  | { readonly kind: "file"; readonly path: string }
  /** The same into a stream such as standard output, which is not ended. */
  | { readonly kind: "stream"; readonly stream: Writable }
  /**
   * The files of a `local` exporter, merged into the folder `path`, which is created when missing. With `isMirror`, for
   * an exporter with `mode=delete`, all that is not in the result is removed when the result is there.
   */
  | { readonly kind: "folder"; readonly path: string; readonly isMirror?: boolean | undefined };

/** Options of {@link createFileSend}. */
export interface FileSendOptions {
  /** Told, once in a process, of what is received without: `xattrs_unavailable`. Must not throw. */
  readonly onWarning?: ((problem: Problem) => void) | undefined;
}

/**
 * Receives what exporters send, by the index that each has in the solve request; undefined for those that send
 * nothing here.
 *
 * The engine is not trusted: nothing is written outside a folder, whatever it sends. Files get their modes
 * (setuid too), times to the microsecond, symlinks and hard links; owners are ours, and device nodes are made by root and
 * are for root alone. Files and directories get extended attributes of users (`user.*`) and file capabilities, as far as
 * the file system takes them and this process may set them; others are not for a builder to decide.
 *
 * Calls fail with `not_found` for an exporter without output, and with {@link Problem}s `output_unwritable`,
 * `output_is_folder`, `output_incomplete`, `output_mirror_unsupported` and `engine_protocol`.
 *
 * BuildKit `session/filesync`, service `moby.filesync.v1.FileSend`.
 */
export function createFileSend(
  outputs: ReadonlyArray<ExportOutput | undefined>,
  { onWarning }: FileSendOptions = {},
): SessionService {
  const diffCopy = async (call: SessionCall): Promise<void> => {
    const index = exporterIndex(call);
    const output = outputs[index];
    if (!output) throw new GrpcError(GrpcCode.notFound, `exporter ${index} not found`);
    switch (output.kind) {
      case "file":
        return await receiveFile(call, output.path);
      case "stream":
        return await receiveStream(call, output.stream);
      case "folder":
        return await receiveFolder(call, output.path, { isMirror: isMirror(call, output), onWarning });
      default:
        return assertNever(output);
    }
  };
  return { name: "moby.filesync.v1.FileSend", methods: { DiffCopy: diffCopy } };
}

/** An engine that sends each platform by itself would have each remove the others. */
function isMirror(call: SessionCall, { isMirror: isWanted = false }: ExportOutput & { kind: "folder" }): boolean {
  if (isWanted && !call.metadata.getAll(WHOLE_TRANSFER_HEADER).includes("1")) throw outputMirrorUnsupported();
  return isWanted;
}

/** The engine names no exporter when there is only one. */
function exporterIndex(call: SessionCall): number {
  const value = call.metadata.get("buildkit-attachable-exporter-id") ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : 0;
}
