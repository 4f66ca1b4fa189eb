import { fail } from "node:assert/strict";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

/** What {@link checkLeaks} takes. */
export interface LeakCheckOptions {
  /** How long things may take to close after the last test, in milliseconds. Default: 2,000. */
  readonly graceMs?: number;
}

/** Sockets, servers, child processes, threads, watchers and timers, by the names that Node.js gives them. */
const watched = /^(?:TCP|TLS|UDP|Pipe|Process|Worker|Timeout|FSEvent|StatWatcher|HTTP|Http2|MessagePort)/i;
const pollMs = 20;

/**
 * Fails the test file when something of it is still open after its last test: sockets, servers, child
 * processes, threads, watchers or timers that keep the process alive. Called once, at the top of the file.
 *
 * What is open when it is called does not count. Node.js tells kinds, not places: to find the culprit, run the
 * tests of the file one by one.
 */
export function checkLeaks(options: LeakCheckOptions = {}): void {
  const graceMs = options.graceMs ?? 2_000;
  const before = countOpen();
  after(async () => {
    const deadline = performance.now() + graceMs;
    let left = openedSince(before);
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(pollMs);
      left = openedSince(before);
    }
    if (left.length === 0) return;
    // Without `--test` the runner prints what a hook of the whole file throws, and still ends with 0.
    process.exitCode = 1;
    fail(`still open after the last test: ${left.join(", ")}`);
  });
}

type Counts = ReadonlyMap<string, number>;

function countOpen(): Counts {
  // Node.js opens the streams of the process at their first use, which is not a leak of the test.
  void [process.stdout, process.stderr];
  const kinds = process.getActiveResourcesInfo().filter((kind) => watched.test(kind));
  return new Map(Object.entries(Object.groupBy(kinds, (kind) => kind)).map(([kind, all]) => [kind, all?.length ?? 0]));
}

function openedSince(before: Counts): string[] {
  return [...countOpen()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}
