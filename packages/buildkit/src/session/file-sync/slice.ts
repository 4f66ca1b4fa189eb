import { setImmediate } from "node:timers/promises";

/** Work that blocks gives everything else its turn after this many milliseconds. */
const SLICE_MS = 8;

/** Measures how long synchronous work has held the event loop. */
export class Slice {
  #start = performance.now();

  /** True when it is time to {@link rest}. */
  get isOver(): boolean {
    return performance.now() - this.#start > SLICE_MS;
  }

  /** Lets timers, sockets and other work run, then begins anew. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#start = performance.now();
  }
}
