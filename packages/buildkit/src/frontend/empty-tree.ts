import { createHash } from "node:crypto";
import { type Definition, Op } from "../gen/pb/ops.ts";
import { encode } from "../wire/codec.ts";
import type { Init } from "../wire/message.ts";

/**
 * LLB of a file tree with nothing in it, to stand for a result without files. LLB of no operations at all would say the
 * same, but frontends refuse it as an input.
 */
export function emptyTree(): Init<Definition> {
  const makeRoot = encode(Op, {
    file: {
      actions: [
        {
          ...{ input: -1n, secondaryInput: -1n, output: 0n },
          mkdir: { path: "/", mode: 0o755, makeParents: true, timestamp: 0n },
        },
      ],
    },
  });
  const root = digestOf(makeRoot);
  const end = encode(Op, { inputs: [{ digest: root, index: 0n }] });
  return { def: [makeRoot, end], metadata: { [root]: {}, [digestOf(end)]: {} } };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
