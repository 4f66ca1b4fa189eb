/** The way of a connection's bytes to its peer. */
export interface Transport {
  /** Sends the pieces in their order. They must not change until `onSent` is called, which is when they have left. */
  write(pieces: readonly Uint8Array[], onSent: () => void): void;
  /** Closes after everything written so far. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** Runs work once everything that is under way now has had its turn, so that what it writes goes out together. */
  defer(work: () => void): void;
}
