import type { Clock } from "@opendepot/base";
import type { CopyTurn } from "./copy-turns.ts";

/** Whoever listens knows by this that the copy is not forgotten. */
const TELL_EVERY_MS = 10_000;

/**
 * Does something once it is its turn, and tells now and then that it is not yet.
 *
 * @throws {Problem} `copies_busy`; the reason of the turn's signal; what `work` throws
 */
export async function* inTurn<Event>(
  { turn, clock }: { readonly turn: CopyTurn; readonly clock: Clock },
  work: () => AsyncIterable<Event>,
): AsyncGenerator<Event | { readonly kind: "waiting" }, void, undefined> {
  for (let hasCome = turn.isHeld; !hasCome; ) {
    yield { kind: "waiting" };
    const stop = new AbortController();
    const pause = clock.sleep(TELL_EVERY_MS, stop.signal).then(
      () => false,
      () => false,
    );
    try {
      hasCome = await Promise.race([turn.come.then(() => true), pause]);
    } finally {
      stop.abort();
    }
  }
  yield* work();
}
