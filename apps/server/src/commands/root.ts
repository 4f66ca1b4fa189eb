import { caCommand } from "./ca.ts";
import type { ServerCommand } from "./context.ts";
import { mirrorCommand } from "./mirror.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { stopCommand } from "./stop.ts";
import { tokenCommand } from "./token.ts";

/** `depot-server` and all its commands. */
export const rootCommand: ServerCommand = {
  name: "depot-server",
  summary: "Open Depot's server: API, builders and gateway",
  subcommands: [startCommand, stopCommand, statusCommand, tokenCommand, mirrorCommand, caCommand],
};
