import type { Definition } from "../gen/pb/ops.ts";
import type { Init } from "../wire/message.ts";
import { defineEmptyTree } from "./definition.ts";
import type { GatewaySolveRequest } from "./gateway-client.ts";
import type { GatewayRef, GatewayResult } from "./gateway-result.ts";

/** What of a result's metadata goes along with a link. buildx v0.36: build/build.go `waitContextDeps`. */
const LINKED_METADATA = ["containerimage.config", "containerimage.buildinfo"];

/** Which result stands for a named context. */
export interface TargetLink {
  /** The name in the Dockerfile: `FROM <name>`, `COPY --from=<name>`. */
  readonly contextName: string;
  /** Tells this input from others of the same solve; for instance the name of the target. */
  readonly inputName: string;
  readonly result: GatewayResult;
}

/** A request whose options and inputs are there. */
export interface LinkedRequest extends GatewaySolveRequest {
  readonly frontendOpt: Readonly<Record<string, string>>;
  readonly frontendInputs: Readonly<Record<string, Init<Definition>>>;
}

/**
 * A request that takes the results of other solves as named contexts, per platform where they have several. They may
 * come from other builds on the same engine, as long as those are still running.
 */
export function linkTargets<T extends GatewaySolveRequest>(
  request: T,
  links: readonly TargetLink[],
): T & LinkedRequest {
  const frontendOpt: Record<string, string> = { ...request.frontendOpt };
  const frontendInputs: Record<string, Init<Definition>> = { ...request.frontendInputs };
  for (const { contextName, inputName, result } of links) {
    if (result.refs) delete frontendOpt[`context:${contextName}`];
    for (const { suffix, platform, ref } of partsOf(result)) {
      const input = inputName + suffix;
      frontendInputs[input] = ref?.definition ?? defineEmptyTree();
      frontendOpt[`context:${contextName}${suffix}`] = `input:${input}`;
      const metadata = inputMetadata(result, platform);
      if (metadata) frontendOpt[`input-metadata:${input}`] = metadata;
    }
  }
  return { ...request, frontendOpt, frontendInputs };
}

interface ResultPart {
  readonly suffix: string;
  readonly platform: string | undefined;
  readonly ref: GatewayRef | undefined;
}

function partsOf({ ref, refs }: GatewayResult): ResultPart[] {
  if (!refs) return [{ suffix: "", platform: undefined, ref }];
  return Object.entries(refs).map(([platform, each]) => ({ suffix: `::${platform}`, platform, ref: each }));
}

/** JSON with base64, as Go writes a `map[string][]byte`; undefined when there is nothing to say. */
function inputMetadata({ metadata }: GatewayResult, platform: string | undefined): string | undefined {
  const entries = LINKED_METADATA.flatMap((key) => {
    const value = metadata[platform === undefined ? key : `${key}/${platform}`];
    return value ? [[key, Buffer.from(value).toString("base64")] as const] : [];
  });
  return entries.length > 0 ? JSON.stringify(Object.fromEntries(entries)) : undefined;
}
