/** The way of a connection's bytes to its peer. */
export interface Transport {
  /** Sends the pieces in their order; `onSent` is called when there is room for more. They must not change until then. */
  write(pieces: readonly Uint8Array[], onSent: () => void): void;
  /** Closes after everything written so far. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** Runs work once everything that is under way now has had its turn, so that what it writes goes out together. */
  defer(work: () => void): void;
}
