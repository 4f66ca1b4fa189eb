import assert from "node:assert/strict";
import { test } from "node:test";
import { explainFailure } from "./start-failure.ts";

const stamp = "2026-01-01 00:00:00.000 UTC [7] ";

for (const [line, code] of [
  [
    `${stamp}DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 18.4.`,
    "postgres_version_mismatch",
  ],
  [`${stamp}PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device`, "disk_full"],
  [`${stamp}FATAL:  lock file "postmaster.pid" already exists`, "data_dir_in_use"],
  [`${stamp}FATAL:  could not open file "global/pg_filenode.map": Permission denied`, "data_dir_unusable"],
  [`${stamp}FATAL:  data directory "/proc/self/cwd" has wrong ownership`, "data_dir_unusable"],
  [`${stamp}PANIC:  could not locate a valid checkpoint record at 0/1749A58`, "data_dir_corrupted"],
  [`${stamp}FATAL:  could not map anonymous shared memory: Cannot allocate memory`, "postgres_start_failed"],
  ["", "postgres_start_failed"],
] as const) {
  test(`${code} is recognized in ${JSON.stringify(line.slice(stamp.length, 90))}`, () => {
    const output = `${stamp}LOG:  starting PostgreSQL\n${line}\n${stamp}LOG:  database system is shut down\n`;
    assert.equal(explainFailure("postgres", "ended with 1", { clusterDir: "/data", output }).code, code);
  });
}

test("the message of an unknown failure quotes the failure and not the lines around it", () => {
  const output = `${stamp}LOG:  starting\n${stamp}FATAL:  the moon is full\n${stamp}LOG:  database system is shut down`;
  const { message } = explainFailure("postgres", "ended with 1", { clusterDir: "/data", output });
  assert.equal(message, `postgres ended with 1 while starting: ${stamp}FATAL:  the moon is full`);
});
