import { type Clock, systemClock } from "@opendepot/base";

/** A clock that a test sets; it stands still in between. Waiting takes real time. */
export class SetClock implements Clock {
  #now = new Date("2026-01-01T00:00:00.000Z");

  now(): Date {
    return this.#now;
  }

  /** Moves the time on. */
  advance(ms: number): void {
    this.#now = new Date(this.#now.getTime() + ms);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}
