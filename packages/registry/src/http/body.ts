import { giveBack } from "@opendepot/base";
import type { UploadSource } from "../blobs/blob-store.ts";
import { clientTooSlow } from "../problems.ts";
import type { RegistryRequest } from "./messages.ts";

/**
 * The body of a request as it comes in. When nothing comes for `idleMs` while somebody waits for it, that one gets
 * `client_too_slow`. Whoever stops reading early leaves the connection open, so that he can still be answered. Pieces
 * that are released are gone at once.
 */
export function readBody(request: RegistryRequest, idleMs: number): UploadSource {
  return { [Symbol.asyncIterator]: () => new BodyIterator(request, idleMs), release: (piece) => giveBack(piece) };
}

class BodyIterator implements AsyncIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #timer: NodeJS.Timeout;
  #onIdle: ((reason: Error) => void) | undefined;

  constructor(request: RegistryRequest, idleMs: number) {
    this.#chunks = request.iterator({ destroyOnReturn: false });
    this.#timer = setTimeout(() => this.#onIdle?.(clientTooSlow(idleMs)), idleMs);
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    this.#timer.refresh();
    try {
      // A promise of its own for each piece: one for all would remember every piece.
      const result = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        this.#onIdle = reject;
        this.#chunks.next().then(resolve, reject);
      });
      this.#onIdle = undefined;
      if (result.done) clearTimeout(this.#timer);
      return result;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  /** Lets go of the request, so that others can have what is left of it. A piece that is on its way comes first. */
  #leave(): void {
    clearTimeout(this.#timer);
    this.#chunks.return?.().catch(() => undefined);
  }
}

/** The whole body, if it has no more than `maxBytes`; what `tooLarge` makes is thrown otherwise. */
export async function readWholeBody(
  request: RegistryRequest,
  options: { readonly maxBytes: number; readonly idleMs: number; readonly tooLarge: () => Error },
): Promise<Buffer> {
  const { maxBytes, idleMs, tooLarge } = options;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of readBody(request, idleMs)) {
    size += piece.byteLength;
    if (size > maxBytes) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
