import type { Clock } from "@opendepot/base";
import type { BuilderPool } from "./builders/pool.ts";
import type { InstanceFile } from "./instance/instance-file.ts";
import type { Stores } from "./store/stores.ts";

/** What `depot-server status` shows of a running server. */
export interface StatusReport {
  readonly state: "running" | "stopping";
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly dataDir: string;
  readonly url: string;
  readonly publicUrl: string;
  readonly gateway: string;
  readonly database: "managed" | "external";
  readonly openBuilds: number;
  readonly builders: readonly {
    readonly id: string;
    readonly projectId: string;
    readonly architecture: string;
    readonly state: string;
    readonly engine: string;
    readonly isEmulated: boolean;
    readonly lastUsedAt: string;
  }[];
  /** What a person should know, for instance of an engine with published escapes. */
  readonly warnings: readonly string[];
}

/** What the report is made of. */
export interface ReportDeps {
  readonly stores: Stores;
  readonly pool: BuilderPool;
  readonly draining: AbortSignal;
  readonly clock: Clock;
  readonly dataDir: string;
  readonly isDatabaseManaged: boolean;
}

/** Looks at the server as it is now. */
export async function reportStatus(deps: ReportDeps, instance: InstanceFile): Promise<StatusReport> {
  const { pid, version, startedAt, url, publicUrl, gateway } = instance;
  const builders = await deps.stores.builders.list();
  return {
    ...{ pid, version, startedAt, url, publicUrl, gateway, dataDir: deps.dataDir },
    state: deps.draining.aborted ? "stopping" : "running",
    database: deps.isDatabaseManaged ? "managed" : "external",
    openBuilds: await deps.stores.builds.countOpen(),
    builders: builders.map((builder) => ({
      id: builder.id,
      projectId: builder.projectId,
      architecture: builder.architecture,
      state: builder.state,
      engine: [builder.engineKind, builder.engineVersion].filter((part) => part !== undefined).join(" "),
      isEmulated: builder.isEmulated,
      lastUsedAt: builder.lastUsedAt.toISOString(),
    })),
    warnings: deps.pool.warnings(),
  };
}
