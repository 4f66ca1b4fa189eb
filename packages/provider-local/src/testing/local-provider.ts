import { arch } from "node:process";
import { silentLogger } from "@opendepot/base";
import type { Architecture, EngineKind, StartRequest } from "@opendepot/builder";
import { crashEngine, type ProviderUnderTest } from "@opendepot/builder/testing";
import { testEngineProgram } from "@opendepot/testing";
import { openLocalProvider } from "../provider.ts";

/** The architecture of the machine that runs the tests. */
export const hostArchitecture: Architecture = arch === "arm64" ? "arm64" : "amd64";

/** A request for a builder of this machine's architecture. */
export function requestFor(id: string): StartRequest {
  return { id, projectId: id, architecture: hostArchitecture, cachePolicy: { keepBytes: 1024 ** 3, keepDays: 14 } };
}

/** Opens a provider on a data folder, with a real engine of a kind. The test disposes of it and of the folder. */
export async function openTestProvider(kind: EngineKind, dataDir: string): Promise<ProviderUnderTest> {
  const provider = await openLocalProvider({
    dataDir,
    engine: { path: await testEngineProgram(kind) },
    path: process.env["PATH"] ?? "",
    env: process.env,
    architecture: hostArchitecture,
    logger: silentLogger,
    install: true,
  });
  return {
    provider,
    architecture: hostArchitecture,
    crash: crashEngine,
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}
