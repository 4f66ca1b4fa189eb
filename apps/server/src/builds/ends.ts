/**
 * Tells those who work for a build in this process that it has ended. The database holds the truth; this only makes
 * it heard at once.
 */
export class BuildEnds {
  readonly #controllers = new Map<string, AbortController>();

  /**
   * Aborts when the build ends. Ask for it before looking up the build's state: an end that comes in between is then
   * either seen in the database or heard here.
   */
  signalOf(buildId: string): AbortSignal {
    let controller = this.#controllers.get(buildId);
    if (!controller) {
      controller = new AbortController();
      this.#controllers.set(buildId, controller);
    }
    return controller.signal;
  }

  /** Announces the end. Nothing happens when nobody works for the build. */
  end(buildId: string, reason: Error): void {
    this.#controllers.get(buildId)?.abort(reason);
    this.#controllers.delete(buildId);
  }

  /** The builds that somebody works for, by {@link signalOf}. */
  watched(): string[] {
    return [...this.#controllers.keys()];
  }
}
