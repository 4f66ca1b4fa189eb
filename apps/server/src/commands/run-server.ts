import { isProblem, messageOf } from "@opendepot/base";
import { openLocalProvider } from "@opendepot/provider-local";
import { pino } from "pino";
import type { ResolvedServer } from "../config.ts";
import { createLogger } from "../log.ts";
import { type Server, startServer } from "../server.ts";
import type { ServerContext } from "./context.ts";
import { showFirstToken } from "./first-token.ts";

/** Runs a server in this process until it is told to stop or cannot go on; returns the exit code. */
export async function runServer(resolved: ResolvedServer, context: ServerContext): Promise<number> {
  const logger = createLogger(resolved.logLevel, pino.destination({ fd: 2, sync: true }));
  await using server = await startServer(resolved, {
    logger,
    path: context.path,
    signal: context.stopping,
    proxies: proxiesIn(context.around.env),
    openProvider: (ownLogger, signal) =>
      openLocalProvider({
        ...{ dataDir: resolved.dataDir, path: context.path, env: context.around.env, logger: ownLogger, signal },
        ...(resolved.enginePath === undefined ? {} : { engine: { path: resolved.enginePath } }),
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
        install: resolved.isEngineInstallAllowed,
        onProgress: (message) => logger.info("engine", { progress: message }),
      }),
  });
  context.out(`depot-server answers at ${server.url}\n`);
  if (server.isNew) await showFirstToken(server.addresses.publicUrl, resolved.dataDir, context);
  const code = await untilStopped(server, context);
  if (code === 0) await drain(server, resolved, context, logger);
  return code;
}

function proxiesIn(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name)));
}

/** 0 when it was told to stop, 1 when it cannot go on. */
async function untilStopped(server: Server, { stopping, err }: ServerContext): Promise<number> {
  await new Promise<void>((resolve) => {
    for (const signal of [stopping, server.failed]) {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
  if (!server.failed.aborted) return 0;
  const { reason } = server.failed;
  err(`error: ${messageOf(reason)}\n${isProblem(reason) && reason.hint ? `hint: ${reason.hint}\n` : ""}`);
  return 1;
}

async function drain(
  server: Server,
  { drainTimeoutMs }: ResolvedServer,
  { forced }: ServerContext,
  logger: ReturnType<typeof createLogger>,
): Promise<void> {
  logger.info("stopping: no new builds are taken", { drainTimeoutMs });
  const limit = AbortSignal.any([forced, AbortSignal.timeout(drainTimeoutMs)]);
  await server.drain(limit).then(
    () => logger.info("stopping: no build is left"),
    async () => {
      logger.warn("stopping: builds that still run are cut", { isForced: forced.aborted });
      await server.cut();
    },
  );
}
