import { type Clock, Problem } from "@opendepot/base";

/** How a build is kept alive. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Default: 5,000. The server cancels a build after three that are missing. */
  readonly intervalMs?: number;
  /** Sends one heartbeat. Its failures are ignored: the next one may arrive. */
  beat(signal: AbortSignal): Promise<{ readonly cancelsAt?: string | undefined }>;
}

/** A running heartbeat. Dispose of it when the build has ended. */
export interface Heartbeats extends AsyncDisposable {
  /** Aborts when the time has come that the server named for cancelling the build. */
  readonly canceled: AbortSignal;
}

/** Sends a heartbeat at every interval; the first one after an interval, as most builds are over by then. */
export function startHeartbeats({ clock, intervalMs = 5_000, beat }: HeartbeatOptions): Heartbeats {
  const stop = new AbortController();
  const canceled = new AbortController();
  const loop = async (): Promise<void> => {
    await clock.sleep(intervalMs, stop.signal);
    while (!stop.signal.aborted) {
      const { cancelsAt } = await beat(stop.signal).catch(() => ({ cancelsAt: undefined }));
      const leftMs = cancelsAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(cancelsAt) - clock.now().getTime();
      if (leftMs <= 0 && !stop.signal.aborted) return canceled.abort(canceledByServer());
      await clock.sleep(Math.min(intervalMs, leftMs), stop.signal);
    }
  };
  const running = loop().catch(() => undefined); // ends only by being stopped
  return {
    canceled: canceled.signal,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the build has ended"));
      await running;
    },
  };
}

function canceledByServer(): Problem<"build_canceled"> {
  return new Problem("build_canceled", "the build was canceled by the server", {
    hint: "somebody canceled it, or it ran longer than builds may; see the build's page",
  });
}
