import { defineChain } from "../frontend/definition.ts";
import { type Definition, type Mount, MountType, type Op } from "../gen/pb/ops.ts";
import type { Init } from "../wire/message.ts";

/** A file that an image starts from. */
export interface LlbFile {
  readonly path: string;
  readonly data: Uint8Array;
  /** Default: 0o755. */
  readonly mode?: number;
}

/** What a process is to run on. */
export interface LlbRun {
  readonly files: readonly LlbFile[];
  readonly args: readonly string[];
  /** Mounted at `/run/secrets/<id>`. */
  readonly secretId?: string;
}

/** LLB of an image with nothing but `files`. */
export function defineFiles(files: readonly LlbFile[]): Init<Definition> {
  return defineChain([filesOp(files)]);
}

/** LLB that runs a process on an image with nothing but `files`. */
export function defineRun({ files, args, secretId }: LlbRun): Init<Definition> {
  const mounts: Init<Mount>[] = [{ input: 0n, dest: "/", output: 0n }];
  if (secretId) {
    const secretOpt = { id: secretId, mode: 0o400 };
    mounts.push({ input: -1n, output: -1n, dest: `/run/secrets/${secretId}`, mountType: MountType.SECRET, secretOpt });
  }
  return defineChain([filesOp(files), { exec: { meta: { args, cwd: "/", env: ["PATH=/bin"] }, mounts } }]);
}

function filesOp(files: readonly LlbFile[]): Init<Op> {
  return {
    file: {
      actions: files.map(({ path, data, mode = 0o755 }, index) => ({
        input: BigInt(index) - 1n, // the action before; this op itself has no input
        secondaryInput: -1n,
        output: index === files.length - 1 ? 0n : -1n,
        mkfile: { path, mode, data, timestamp: -1n },
      })),
    },
  };
}
