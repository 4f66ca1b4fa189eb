import type { MirrorStats } from "@opendepot/mirror";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Where gauges are read when somebody asks. */
export interface MetricSources {
  readonly openBuilds: () => Promise<number>;
  readonly runningBuilders: () => number;
  readonly heldStatusBytes: () => number;
  readonly copies: () => { readonly running: number; readonly waiting: number; readonly refused: number };
  readonly mirror: () => MirrorStats;
}

/** What the server counts, for Prometheus. */
export interface Metrics {
  observeCall(method: string, code: string, seconds: number): void;
  countEnded(state: string): void;
  /** Gauges answer only once their sources are known. */
  watch(sources: MetricSources): void;
  /** The page for Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const CALL_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** Metrics of one server; nothing global. */
export function createMetrics(): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const calls = new Histogram({
    ...{ name: "depot_api_call_seconds", help: "Duration of API calls", labelNames: ["method", "code"], registers },
    buckets: CALL_SECONDS,
  });
  const ended = new Counter({
    ...{ name: "depot_builds_ended_total", help: "Builds that ended, by state", labelNames: ["state"], registers },
  });
  for (const state of ["succeeded", "failed", "canceled"]) ended.inc({ state }, 0);
  return {
    observeCall: (method, code, seconds) => calls.observe({ method, code }, seconds),
    countEnded: (state) => ended.inc({ state }),
    watch: (sources) => watch(registers, sources),
    render: async () => ({ contentType: register.contentType, text: await register.metrics() }),
  };
}

function watch(registers: Registry[], sources: MetricSources): void {
  gauge("depot_builds_open", "Builds that have not ended", sources.openBuilds);
  gauge("depot_builders_running", "Builders whose engines run", async () => sources.runningBuilders());
  gauge("depot_status_held_bytes", "Statuses that wait to be written", async () => sources.heldStatusBytes());
  gauge("depot_image_copies_running", "Saved images on their way", async () => sources.copies().running);
  gauge("depot_image_copies_waiting", "Saved images that wait for a turn", async () => sources.copies().waiting);
  gauge("depot_image_copies_refused", "Copies sent away since the start", async () => sources.copies().refused);
  gauge("depot_mirror_bytes", "Bytes of base images that are kept", async () => sources.mirror().bytes);
  gauge("depot_mirror_hits", "Requests answered from the mirror since the start", async () => sources.mirror().hits);
  gauge("depot_mirror_misses", "Requests answered from upstreams since the start", async () => sources.mirror().misses);

  function gauge(name: string, help: string, read: () => Promise<number>): void {
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(await read());
      },
    });
  }
}
