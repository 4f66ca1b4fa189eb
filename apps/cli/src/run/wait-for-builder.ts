import { type Clock, Problem } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import type { CliProblemCode } from "../problems.ts";
import type { Lease } from "./lease.ts";
import type { BuilderArchitecture } from "./parts.ts";

/** Which builder is waited for, and how long. */
export interface WaitOptions {
  readonly lease: Pick<Lease, "askForBuilder">;
  readonly architecture: BuilderArchitecture;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default: 600,000. An engine that has to be fetched first takes minutes. */
  readonly limitMs?: number;
}

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Asks until the builder is there, as often as the server says.
 *
 * @throws {Problem} `builder_wait_exceeded`, those of the server
 */
export async function waitForBuilder(options: WaitOptions): Promise<Endpoint> {
  const { lease, architecture, clock, signal, limitMs = 600_000 } = options;
  const endMs = clock.now().getTime() + limitMs;
  for (;;) {
    const answer = await lease.askForBuilder(architecture, signal);
    if (answer.kind === "active") return answer.endpoint;
    if (clock.now().getTime() >= endMs) throw builderWaitExceeded(limitMs);
    await clock.sleep(Math.min(Math.max(answer.waitMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS), signal);
  }
}

function builderWaitExceeded(limitMs: number): Problem<CliProblemCode> {
  return new Problem("builder_wait_exceeded", `no builder was ready within ${limitMs / 60_000} minutes`, {
    hint: "look at the server's log and at depot-server status, then build again",
  });
}
