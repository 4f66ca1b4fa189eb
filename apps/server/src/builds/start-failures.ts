import { messageOf } from "@opendepot/base";

/**
 * Failed starts of builders that nobody was waiting for at that moment: each is told to the build that asked, once.
 * Starts belong to this process, so their failures need not outlive it.
 */
export class StartFailures {
  readonly #failures = new Map<string, Map<string, Error>>();

  /** Keeps the start's failure for the build that asked for it, if it comes to one. */
  watch(lease: { readonly buildId: string; readonly builderId: string }, starting: Promise<unknown>): void {
    starting.catch((error: unknown) => {
      const ofBuild = this.#failures.get(lease.buildId) ?? new Map<string, Error>();
      this.#failures.set(
        lease.buildId,
        ofBuild.set(lease.builderId, error instanceof Error ? error : new Error(messageOf(error))),
      );
    });
  }

  /** The failure that the build was not told yet. */
  take(buildId: string, builderId: string): Error | undefined {
    const ofBuild = this.#failures.get(buildId);
    const failure = ofBuild?.get(builderId);
    ofBuild?.delete(builderId);
    if (ofBuild?.size === 0) this.#failures.delete(buildId);
    return failure;
  }

  /** Forgets what concerns a build that is over. */
  forget(buildId: string): void {
    this.#failures.delete(buildId);
  }
}
