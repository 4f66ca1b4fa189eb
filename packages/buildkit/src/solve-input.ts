import type { SolveRequest } from "./gen/moby/buildkit/v1/control.ts";
import type { Policy } from "./gen/moby/buildkit/v1/sourcepolicy/policy.ts";
import type { Definition } from "./gen/pb/ops.ts";
import type { SessionService } from "./session/service.ts";
import type { Init } from "./wire/message.ts";

/** An exporter, or a cache to import from or export to: its type (`image`, `local`, `registry`…) and attributes. */
export interface TypeAndAttrs {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, string>> | undefined;
}

/** What is to be solved. Give a `frontend` or a `definition`; neither when gateway calls drive the solve. */
export interface SolveInput {
  /** Names the solve; calls that belong to it refer to it. Default: random. */
  readonly ref?: string | undefined;
  /** For instance `dockerfile.v0`. */
  readonly frontend?: string | undefined;
  readonly frontendAttrs?: Readonly<Record<string, string>> | undefined;
  /** LLB that the frontend may refer to by name. */
  readonly frontendInputs?: Readonly<Record<string, Init<Definition>>> | undefined;
  /** LLB to be solved as it is. */
  readonly definition?: Init<Definition> | undefined;
  /** Where results go. Default: nowhere but the cache. */
  readonly exporters?: readonly TypeAndAttrs[] | undefined;
  readonly cacheImports?: readonly TypeAndAttrs[] | undefined;
  readonly cacheExports?: readonly TypeAndAttrs[] | undefined;
  /** For instance `network.host`, `security.insecure`. Default: none. */
  readonly entitlements?: readonly string[] | undefined;
  readonly sourcePolicy?: Init<Policy> | undefined;
  /** Keeps the solve out of the engine's history; its results may be collected early. Default: false. */
  readonly isInternal?: boolean | undefined;
  /** What the engine may call while it solves. Default: nothing. */
  readonly services?: readonly SessionService[] | undefined;
  /** See `SessionOptions.sharedKey`. */
  readonly sharedKey?: string | undefined;
}

/** The request that says `input`. BuildKit: client/solve.go. */
export function toSolveRequest(input: SolveInput, ref: string, sessionId: string): Init<SolveRequest> {
  const exporters = (input.exporters ?? []).map(toEntry);
  const [first] = exporters;
  const imports = (input.cacheImports ?? []).map(toEntry);
  return {
    ref,
    session: sessionId,
    definition: input.definition,
    frontend: input.frontend,
    frontendAttrs: { ...input.frontendAttrs, ...(input.definition ? {} : cacheImportsAttr(input.cacheImports ?? [])) },
    frontendInputs: input.frontendInputs,
    exporters,
    // Engines before 0.13 read only these.
    exporterDeprecated: first?.type,
    exporterAttrsDeprecated: first?.attrs,
    cache: { imports, exports: (input.cacheExports ?? []).map(toEntry) },
    entitlements: input.entitlements,
    sourcePolicy: input.sourcePolicy,
    internal: input.isInternal,
  };
}

/**
 * Frontends look for cache imports in an attribute of their own.
 *
 * @package
 */
export function cacheImportsAttr(imports: readonly TypeAndAttrs[]): Record<string, string> {
  if (imports.length === 0) return {};
  return { "cache-imports": JSON.stringify(imports.map(({ type, attrs = {} }) => ({ Type: type, Attrs: attrs }))) };
}

function toEntry({ type, attrs = {} }: TypeAndAttrs): { type: string; attrs: Readonly<Record<string, string>> } {
  return { type, attrs };
}
