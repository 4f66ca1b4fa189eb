import { FrameDecoder } from "@opendepot/buildkit";
import { wireFields } from "../wire-fields.ts";

/** `GetSecretResponse.data`. */
const DATA_FIELD = 1;
/** Engines take 500 KiB for a secret; the message is a little larger. */
const MAX_ANSWER_BYTES = 512 * 1024;
/** Calls that are followed at once; each takes a moment. */
const MAX_ANSWERS = 256;
/** What may have come of all answers that are not complete. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

interface Answer {
  readonly decoder: FrameDecoder;
  heldBytes: number;
}

/** Gathers the answers to calls of `Secrets/GetSecret`, by the number of their stream. */
export class SecretAnswers {
  readonly #onSecret: (value: Uint8Array) => void;
  readonly #answers = new Map<number, Answer>();
  #heldBytes = 0;

  constructor(onSecret: (value: Uint8Array) => void) {
    this.#onSecret = onSecret;
  }

  /** @throws {Error} when there are too many */
  expect(streamId: number): void {
    if (this.#answers.size >= MAX_ANSWERS) throw new Error("too many secrets are asked for at once");
    this.#answers.set(streamId, { decoder: new FrameDecoder(MAX_ANSWER_BYTES), heldBytes: 0 });
  }

  forget(streamId: number): void {
    this.#heldBytes -= this.#answers.get(streamId)?.heldBytes ?? 0;
    this.#answers.delete(streamId);
  }

  /**
   * Takes bytes of any stream; those of others are left alone.
   *
   * @throws {Error} for answers that are too large, compressed or broken
   */
  take(streamId: number, bytes: Uint8Array): void {
    const answer = this.#answers.get(streamId);
    if (answer === undefined) return;
    answer.heldBytes += bytes.length;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_HELD_BYTES) throw new Error("too many secrets are given at once");
    for (const message of answer.decoder.push(bytes)) {
      this.forget(streamId);
      for (const { number, bytes: value } of wireFields(message)) {
        if (number === DATA_FIELD && value !== undefined) this.#onSecret(value);
      }
    }
  }
}
