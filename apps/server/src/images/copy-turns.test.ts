import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Clock, isProblem } from "@opendepot/base";
import { type CopyTurn, CopyTurns, type CopyTurnsOptions } from "./copy-turns.ts";
import { inTurn } from "./in-turn.ts";

/** A clock whose sleepers wake when the test says so. */
class WakingClock implements Clock {
  /** With how long they sleep. */
  readonly #sleepers = new Map<() => void, number>();

  now(): Date {
    return new Date(0);
  }

  get sleepers(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wake = (): void => {
      this.#sleepers.delete(wake);
      resolve();
    };
    this.#sleepers.set(wake, ms);
    signal?.addEventListener("abort", () => {
      this.#sleepers.delete(wake);
      reject(signal.reason);
    });
    return promise;
  }

  /** Wakes those that sleep no longer than that. */
  wake(upToMs: number): void {
    for (const [wake, ms] of this.#sleepers) if (ms <= upToMs) wake();
  }
}

function queue(atOnce: number, options: Partial<CopyTurnsOptions> = {}) {
  const clock = new WakingClock();
  const turns = new CopyTurns({ atOnce, clock, ...options });
  const enter = (organization: string, signal = new AbortController().signal): CopyTurn =>
    turns.enter(organization, signal);
  return { clock, turns, enter };
}

const busy = (error: unknown): boolean => isProblem(error, "copies_busy");
const held = (...turns: readonly CopyTurn[]): boolean[] => turns.map(({ isHeld }) => isHeld);

suite("turns of copies", () => {
  test("as many run as may, the others follow in the order in which they came", async () => {
    const { enter, turns } = queue(3);
    const [a, b, c, d] = [enter("one"), enter("one"), enter("one"), enter("one")];

    assert.deepEqual(held(a, b, c, d), [true, true, false, false]);
    a[Symbol.dispose]();
    await c.come;

    assert.deepEqual(held(b, c, d), [true, true, false]);
    assert.deepEqual([turns.running, turns.waiting], [2, 1]);
  });

  test("the last place is not for an organization that has all others", () => {
    const { enter } = queue(2);
    const slow = [enter("slow"), enter("slow"), enter("slow")];

    const other = enter("other");

    assert.deepEqual(held(...slow, other), [true, false, false, true]);
  });

  test("the next turn is of the organization that has the fewest, however many the others wait with", () => {
    const { enter } = queue(3);
    const many = Array.from({ length: 10 }, () => enter("many"));
    const [few, later] = [enter("few"), enter("few")];
    assert.deepEqual(held(...many.slice(0, 3), few, later), [true, true, false, true, false]);

    many[0]?.[Symbol.dispose]();

    assert.deepEqual(
      held(...many.slice(1, 3), few, later),
      [true, true, true, false],
      "both have one, many came first",
    );
    few[Symbol.dispose]();
    assert.deepEqual(held(...many.slice(2, 4), later), [true, false, true]);
  });

  test("where only one copy runs at a time, each organization gets its turn", () => {
    const { enter } = queue(1);
    const [a, b] = [enter("one"), enter("two")];

    a[Symbol.dispose]();

    assert.deepEqual(held(b), [true]);
  });

  test("whoever waits too long, or behind too many of his own, is sent away and told what to do", async () => {
    const { enter, clock, turns } = queue(1, { maxWaiting: 2, waitMs: 90_000 });
    const first = enter("one");
    const waiting = [enter("one"), enter("one")];

    assert.throws(() => enter("one"), busy);
    const other = enter("two");
    clock.wake(90_000);

    for (const turn of [...waiting, other]) await assert.rejects(turn.come, busy);
    await assert.rejects(other.come, /1 copies run, and none ended for this one in 90 s/);
    assert.deepEqual([turns.running, turns.waiting, turns.refused], [1, 0, 4]);
    first[Symbol.dispose]();
    assert.deepEqual(held(enter("one")), [true]);
  });

  test("an abort leaves the line with its reason, and ends a turn that is held; twice is once", async () => {
    const { enter, clock, turns } = queue(1);
    const [stop, leave] = [new AbortController(), new AbortController()];
    const running = enter("one", stop.signal);
    const left = enter("one", leave.signal);
    const next = enter("two");

    leave.abort(new Error("the client has gone"));
    await assert.rejects(left.come, /the client has gone/);
    stop.abort(new Error("gone, too"));
    await next.come;
    for (const turn of [running, left, running]) turn[Symbol.dispose]();

    assert.deepEqual([turns.running, turns.waiting], [1, 0]);
    next[Symbol.dispose]();
    assert.deepEqual([turns.running, clock.sleepers], [0, 0]);
    assert.throws(() => enter("one", stop.signal), /gone, too/);
  });

  test("whoever listens hears while it is not his turn, then what happens in it", async () => {
    const { enter, clock } = queue(1);
    const first = enter("one");
    using turn = enter("one");
    const events: string[] = [];

    const work = inTurn({ turn, clock }, async function* () {
      yield { kind: "work" } as const;
    });
    for await (const { kind } of work) {
      events.push(kind);
      if (events.length < 3) setImmediate(() => clock.wake(10_000));
      else first[Symbol.dispose]();
    }

    assert.deepEqual(events, ["waiting", "waiting", "waiting", "work"]);
    assert.equal(clock.sleepers, 0);
  });
});
