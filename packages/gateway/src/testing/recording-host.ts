import { Problem } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";

import type { Admission, Caller, GatewayHost } from "../contract.ts";

/** A host that lets every build in until the test ends it, and keeps what it is told. */
export class RecordingHost implements GatewayHost {
  readonly solves: { readonly caller: Caller; readonly ref: string }[] = [];
  readonly statuses: { readonly caller: Caller; readonly ref: string; readonly status: StatusResponse }[] = [];
  /** Where builds are sent; a test may change it. */
  endpoint: Endpoint;
  /** Told of every admission from now on. */
  unsafeCompressions: readonly string[] = [];
  readonly #builds = new Map<string, AbortController>();

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  async admit({ buildId }: Caller): Promise<Admission> {
    const { signal } = this.#buildOf(buildId);
    signal.throwIfAborted();
    return { endpoint: this.endpoint, ended: signal, unsafeCompressions: this.unsafeCompressions };
  }

  onSolve(caller: Caller, ref: string): void {
    this.solves.push({ caller, ref });
  }

  async onStatus(caller: Caller, ref: string, status: StatusResponse): Promise<void> {
    this.statuses.push({ caller, ref, status });
  }

  /** Ends a build as the server does when it is finished or canceled. */
  end(buildId: string): void {
    this.#buildOf(buildId).abort(new Problem("build_ended", `build ${buildId} has ended`));
  }

  #buildOf(buildId: string): AbortController {
    const build = this.#builds.get(buildId) ?? new AbortController();
    this.#builds.set(buildId, build);
    return build;
  }
}
