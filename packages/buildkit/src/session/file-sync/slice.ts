import { setImmediate } from "node:timers/promises";

/** Work that blocks gives everything else its turn after 8 ms. */
const SLICE_NS = 8_000_000n;

/** Measures how long synchronous work has held the event loop. */
export class Slice {
  #startNs = process.hrtime.bigint();

  /** True when it is time to {@link rest}. */
  get isOver(): boolean {
    return process.hrtime.bigint() - this.#startNs > SLICE_NS; // what `performance` is takes a while to load
  }

  /** Lets timers, sockets and other work run, then begins anew. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#startNs = process.hrtime.bigint();
  }
}
