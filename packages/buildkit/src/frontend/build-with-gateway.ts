import type { BuildkitClient } from "../client.ts";
import { type SolveOptions, type SolveResult, solveDriven } from "../solve.ts";
import { cacheImportsAttr, type SolveInput } from "../solve-input.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { GatewayDriver } from "./gateway-driver.ts";
import type { GatewayResult } from "./gateway-result.ts";

/** Drives a build; what it returns becomes the build's result, to which the exporters are applied. */
export type GatewayBuild = (gateway: GatewayClient) => Promise<GatewayResult | undefined>;

/** What drives a build besides: the input of its solve without what the callback decides. */
export type GatewayBuildInput = Omit<SolveInput, "frontend" | "definition">;

/**
 * Runs a build that is driven from here: `build` solves what it likes with a frontend or LLB, reads files of the
 * results, and returns the one that counts. Session, exporters, caches and attestations are those of `input`, as
 * `solve` has them; give `input.frontendAttrs` the attributes that concern the engine, too (`attest:*`…).
 *
 * What `build` throws ends the build on the engine with that error, and is thrown here. Nothing of the build is left
 * open afterwards; `build` must heed `gateway.signal` where it waits for anything else than the gateway.
 * BuildKit: client/build.go.
 *
 * @throws what `build` threw; else as `solve` does
 * @throws {Problem} `engine_too_old`
 */
export async function buildWithGateway(
  client: BuildkitClient,
  input: GatewayBuildInput,
  build: GatewayBuild,
  options: SolveOptions = {},
): Promise<SolveResult> {
  const defaultOpt = { ...cacheImportsAttr(input.cacheImports ?? []), ...pickCacheAttrs(input.frontendAttrs ?? {}) };
  const driver = new GatewayDriver(client.channel, build, defaultOpt);
  return await solveDriven(client, input, driver, options);
}

/** Attributes on cache imports hold for the whole build. BuildKit: grpcclient's Solve. */
function pickCacheAttrs(attrs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attrs).filter(([key]) => key === "cache-imports" || key === "cache-from"));
}
