/** Stops what `npm run quickstart` leaves running. */
import { spawnSync } from "node:child_process";
import { depotServer, stateFolder } from "./quickstart/house.ts";

const [program = "", ...args] = [...depotServer, "stop", "--data-dir", stateFolder];
process.exitCode = spawnSync(program, args, { stdio: "inherit" }).status ?? 1;
