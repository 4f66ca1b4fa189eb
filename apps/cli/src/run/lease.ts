import type { Endpoint } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";
import type { BuilderArchitecture } from "./parts.ts";
import type { Saving } from "./saving.ts";

/** How a build ended, as the server is told. */
export type BuildOutcome =
  | { readonly kind: "success" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "canceled" };

/** What a builder's owner answers when it is asked for one. */
export type BuilderAnswer =
  | { readonly kind: "active"; readonly endpoint: Endpoint }
  | { readonly kind: "pending"; readonly waitMs: number };

/** A build's right to its builders: given by a server, or taken by naming an engine. */
export interface Lease {
  /** Absent without a server, like the other two. */
  readonly buildId?: string | undefined;
  readonly projectId?: string | undefined;
  /** Where a person can look at the build. */
  readonly url?: string | undefined;
  /** Where images are saved, if that was asked for. */
  readonly saving?: Saving | undefined;
  /** Aborts, with a problem as its reason, when the server ends the build from its side. */
  readonly canceled: AbortSignal;
  /** Asks for the builder of an architecture once. */
  askForBuilder(architecture: BuilderArchitecture, signal: AbortSignal): Promise<BuilderAnswer>;
  /** Tells of the client's own steps. Never fails: it is told for the record only. */
  report(status: StatusResponse): Promise<void>;
  /**
   * Tells how the build ended and gives the builders back. Never fails.
   *
   * @param limitMs the longest that telling may take
   * @returns what went wrong when the server could not be told
   */
  finish(outcome: BuildOutcome, limitMs: number): Promise<unknown>;
}
