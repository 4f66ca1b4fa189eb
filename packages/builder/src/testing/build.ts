import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createFileSync, openBuildkit, type SessionService, solve } from "@opendepot/buildkit";
import type { Builder } from "../provider.ts";

/** A small build for tests of builders. */
export interface SmallBuild {
  readonly dockerfile: string;
  /** Text files of the context by name. Default: none. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** More contexts by name, for instance `base`; values are folders. */
  readonly contexts?: Readonly<Record<string, string>> | undefined;
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** More services of the session, for instance logins at registries. Default: none. */
  readonly services?: readonly SessionService[] | undefined;
  /** Where to push the image; by its name. Default: it is not exported. */
  readonly push?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a small build did. */
export interface SmallBuildResult {
  /** Names of the Dockerfile's steps that were taken from the cache. */
  readonly cached: readonly string[];
  /** Names of the Dockerfile's steps that were run. */
  readonly ran: readonly string[];
  /** What the steps printed. */
  readonly output: string;
}

/** Builds a Dockerfile on a builder, straight on its engine, and says what was cached. */
export async function buildSmall(
  on: Pick<Builder, "endpoint" | "architecture">,
  build: SmallBuild,
): Promise<SmallBuildResult> {
  const folder = await mkdtemp(path.join(tmpdir(), "od-context-"));
  const steps = new Map<string, { name: string; cached: boolean }>();
  let output = "";
  try {
    await writeFile(path.join(folder, "Dockerfile"), build.dockerfile);
    for (const [name, text] of Object.entries(build.files ?? {})) await writeFile(path.join(folder, name), text);
    await using client = await openBuildkit(on.endpoint, { signal: build.signal });
    const contexts = Object.entries(build.contexts ?? {});
    const synced = Object.fromEntries(contexts.map(([name, at]) => [name, { path: at }]));
    const input = {
      frontend: "dockerfile.v0",
      frontendAttrs: {
        platform: `linux/${on.architecture}`,
        ...Object.fromEntries(contexts.map(([name]) => [`context:${name}`, `local:${name}`])),
        ...Object.fromEntries(
          Object.entries(build.buildArgs ?? {}).map(([name, value]) => [`build-arg:${name}`, value]),
        ),
      },
      services: [
        createFileSync({ context: { path: folder }, dockerfile: { path: folder }, ...synced }),
        ...(build.services ?? []),
      ],
      exporters: build.push === undefined ? [] : [{ type: "image", attrs: { name: build.push, push: "true" } }],
      sharedKey: "small-build",
    };
    await solve(client, input, {
      signal: build.signal,
      onStatus: ({ vertexes, logs }) => {
        for (const { digest, name, cached, started } of vertexes)
          if (started || cached) steps.set(digest, { name, cached });
        for (const { msg } of logs) output += Buffer.from(msg).toString("utf8");
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const ofDockerfile = [...steps.values()].filter(({ name }) => /^\[[^\]]*\d+\/\d+\]/.test(name));
  return {
    cached: ofDockerfile.filter(({ cached }) => cached).map(({ name }) => name),
    ran: ofDockerfile.filter(({ cached }) => !cached).map(({ name }) => name),
    output,
  };
}
