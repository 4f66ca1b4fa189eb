import { readSettings, resolveDataDir } from "../config.ts";
import { callControl } from "../instance/control-socket.ts";
import { readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import { optionInvalid } from "../problems.ts";
import { settingFlags } from "../settings.ts";
import type { StatusReport } from "../status-report.ts";
import type { ServerCommand } from "./context.ts";

/** `depot-server status`: whether a server runs on a data folder, and how it is. */
export const statusCommand: ServerCommand = {
  name: "status",
  summary: "Show whether the server runs, its builders and what it warns of; exit code 1 when it does not run",
  flags: [
    { name: "output", short: "o", kind: "text", placeholder: "table|json", summary: "How to print", default: "table" },
    ...settingFlags(["dataDir"]),
  ],
  run: async (invocation, { around, out }) => {
    const format = invocation.text("output") ?? "table";
    if (format !== "table" && format !== "json") throw optionInvalid("--output", format, "use table or json");
    const dataDir = resolveDataDir(readSettings((name) => invocation.text(name), around.env).dataDir, around);
    const report = await findReport(dataDir);
    if (format === "json") out(`${JSON.stringify(report ?? { state: "stopped", dataDir }, undefined, 2)}\n`);
    else out(report ? renderReport(report) : `no server runs on ${dataDir}\n`);
    return report ? 0 : 1;
  },
};

async function findReport(dataDir: string): Promise<StatusReport | undefined> {
  const owner = await findOwner(dataDir);
  const instance = owner && (await readInstanceFile(dataDir));
  // The file of an earlier server may still be there while a new one starts.
  if (!owner || instance?.pid !== owner.pid) return undefined;
  return callControl<StatusReport>(instance.controlSocket, "status");
}

function renderReport(report: StatusReport): string {
  const lines = [
    `depot-server ${report.version} is ${report.state} (process ${report.pid}, since ${report.startedAt})`,
    `  API       ${report.publicUrl}`,
    `  gateway   ${report.gateway}`,
    `  data      ${report.dataDir} (${report.database} PostgreSQL)`,
    `  builds    ${report.openBuilds} under way`,
    ...renderBuilders(report),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join("\n")}\n`;
}

function renderBuilders({ builders }: StatusReport): string[] {
  if (builders.length === 0) return ["  builders  none yet"];
  const rows = builders.map(({ id, state, engine, isEmulated, lastUsedAt }) => [
    ...[id, state, engine || "-", isEmulated ? "emulated" : "native", lastUsedAt],
  ]);
  const table = [["BUILDER", "STATE", "ENGINE", "CPU", "LAST USED"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return [
    "",
    ...table.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
  ];
}
