import { readSettings, resolveServer } from "../config.ts";
import { SETTING_NAMES, settingFlags } from "../settings.ts";
import type { ServerCommand } from "./context.ts";

/** `depot-server start`: runs until it is told to stop, or in the background. */
export const startCommand: ServerCommand = {
  name: "start",
  summary: "Start the server, in the foreground unless --detach is given",
  description:
    "Starts API, gateway and builders. At the first signal to stop it takes no new builds and lets those that run end, " +
    "at the second it stops at once.",
  examples: [
    { summary: "Try it on this machine", line: "depot-server start" },
    {
      summary: "Serve a team behind a reverse proxy",
      line: "depot-server start --gateway-listen 0.0.0.0:8701 --public-url https://depot.example.com",
    },
  ],
  flags: [
    { name: "detach", short: "d", kind: "switch", summary: "Run in the background; returns when the server answers" },
    ...settingFlags(SETTING_NAMES),
  ],
  run: async (invocation, context) => {
    const texts = readSettings((name) => invocation.text(name), context.around.env);
    const resolved = resolveServer(texts, context.around);
    // Loaded on demand: what a server is made of takes a second to load, which no other command needs.
    if (invocation.switch("detach")) {
      const { startDetached } = await import("./start-detached.ts");
      return startDetached(resolved, invocation, context);
    }
    const { runServer } = await import("./run-server.ts");
    return runServer(resolved, context);
  },
};
