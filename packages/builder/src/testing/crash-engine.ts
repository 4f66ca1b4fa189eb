import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProcessesOf, type HostProcess, readProcess, signalProcess } from "../host/process-table.ts";
import type { Builder } from "../provider.ts";

/** The processes of the engine behind a builder of this host: `buildkitd`, or `dockerd` with its `containerd`. */
export async function findEngineProcesses(builder: Pick<Builder, "endpoint">): Promise<readonly HostProcess[]> {
  if (builder.endpoint.kind === "tcp") throw new Error("the engine runs on another machine");
  return findProcessesOf(["buildkitd", "dockerd", "containerd"], [path.dirname(builder.endpoint.path)]);
}

/** Sends SIGKILL to the engine behind a builder of this host, and waits until it has gone. */
export async function crashEngine(builder: Pick<Builder, "endpoint">): Promise<void> {
  const engine = (await findEngineProcesses(builder)).find(({ args }) => path.basename(args[0] ?? "") !== "containerd");
  if (!engine) throw new Error("the engine does not run");
  await signalProcess(engine, "SIGKILL");
  while ((await readProcess(engine.pid))?.startTicks === engine.startTicks) await sleep(5);
}
