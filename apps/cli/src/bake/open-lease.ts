import type { BuildOptionsJson } from "@opendepot/api";
import { systemClock } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import { type CliContext, variable } from "../cli-context.ts";
import { createDirectLease } from "../run/direct-lease.ts";
import type { Lease } from "../run/lease.ts";
import type { BuilderArchitecture } from "../run/parts.ts";
import { openServerLease } from "../run/server-lease.ts";
import type { Server } from "../server.ts";

/** What is built under a lease. */
export interface LeaseWishes {
  /** Undefined when the server is to find it by the token. */
  readonly projectId: string | undefined;
  readonly targets: readonly BuildOptionsJson[];
  readonly architectures: readonly BuilderArchitecture[];
}

/** What leases are opened with. */
export interface LeaseOpening {
  readonly invocation: Invocation;
  readonly context: CliContext;
  /** Undefined where an engine was named by its address. */
  readonly server: Server | undefined;
  /** Takes the lease. */
  readonly cleanup: AsyncDisposableStack;
}

/** A build on the server, or the right to an engine that was named by its address. */
export async function openLease(
  { projectId, targets, architectures }: LeaseWishes,
  { invocation, context, server, cleanup }: LeaseOpening,
): Promise<Lease> {
  if (server === undefined) {
    const named = invocation.text("buildkit-address") ?? variable(context.environment, "DEPOT_BUILDKIT_ADDRESS");
    return createDirectLease(named ?? "");
  }
  return cleanup.use(
    await openServerLease({
      api: server.api,
      serverUrl: server.url,
      projectId,
      targets,
      architectures: [...new Set(architectures)],
      clock: systemClock,
      signal: context.signal,
    }),
  );
}
