import type { Context } from "../context.ts";
import type { Identity } from "../tokens/access.ts";
import type { RegistryRequest, RegistryResponse } from "./messages.ts";
import type { View } from "./view.ts";

/** One request on its way to its answer. */
export interface Exchange {
  readonly context: Context;
  readonly request: RegistryRequest;
  readonly response: RegistryResponse;
  /** In capitals. */
  readonly method: string;
  /** Still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the client has gone away: nothing that is sent arrives any more. */
  readonly left: AbortSignal;
  /** Aborts then, too, and when the registry is closed. */
  readonly signal: AbortSignal;
}

/** One whose caller is known. */
export interface CallerExchange extends Exchange {
  readonly identity: Identity;
  /** What of the repository in the path is there for the caller; nothing unless the request reads. */
  readonly view: View;
}
