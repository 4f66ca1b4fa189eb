import { type ContentFolder, createFileSync, type SessionService } from "@opendepot/buildkit";
import type { CliContext } from "../cli-context.ts";
import { dockerConfigFolder, readProxyArgs, withProxyArgs } from "../target/docker-config.ts";
import { type SolveRequest, toSolveRequest } from "../target/solve-request.ts";
import type { Target } from "../target/target.ts";
import { readVcsAttrs } from "../target/vcs.ts";
import { type FetchText, openInputs } from "./inputs.ts";
import type { BuilderPart } from "./parts.ts";
import { warnOfProblem } from "./warn-of-problem.ts";

/** A target with all that its solves need of this machine. Dispose of it when they are over. */
export interface PreparedTarget extends AsyncDisposable {
  readonly target: Target;
  /** Whether what comes from stdin can be read more than once. */
  readonly isSpooled: boolean;
  /** What the builder of a part is told. */
  requestFor(part: BuilderPart, isPart: boolean): SolveRequest;
  /** What the session of a solve serves, what receives its result left out. */
  servicesFor(request: SolveRequest): readonly SessionService[];
  /** Image layouts that serve as contexts, for `createContentStores`. */
  readonly stores: Readonly<Record<string, ContentFolder>>;
}

/** What a target is prepared with. */
export interface Preparation {
  readonly context: CliContext;
  /** Credentials, secrets and SSH. */
  readonly services: readonly SessionService[];
  readonly fetchText: FetchText;
  /** Whether what comes from stdin has to be read more than once. */
  readonly isSpooled: boolean;
}

/** Reads what a target says of this machine: proxies, the repository, inputs that come from elsewhere. */
export async function prepareTarget(
  target: Target,
  { context, services, fetchText, isSpooled }: Preparation,
): Promise<PreparedTarget> {
  await using cleanup = new AsyncDisposableStack();
  const [proxies, inputs] = await Promise.all([
    readProxyArgs(dockerConfigFolder(context)),
    openInputs(target.context, { fetchText, isSpooled }),
  ]);
  cleanup.use(inputs);
  const fixed = {
    hostName: context.host.name,
    proxyArgs: withProxyArgs(target.buildArgs, proxies),
    inputs: inputs.addresses,
  };
  const { folders } = toSolveRequest(target, { ...fixed, platforms: [], isPart: false, vcsAttrs: {} });
  const vcsAttrs = await readVcs(target, folders, context);
  const owned = cleanup.move();
  return {
    target,
    isSpooled,
    stores: inputs.stores,
    requestFor: ({ platforms }, isPart) => toSolveRequest(target, { ...fixed, platforms, isPart, vcsAttrs }),
    servicesFor: (request) => {
      const synced = Object.fromEntries(Object.entries(request.folders).map(([name, path]) => [name, { path }]));
      const onWarning = warnOfProblem(context.terminal.warn);
      return [createFileSync(synced, { onWarning }), ...services, ...inputs.serve()];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function readVcs(
  { context: { source } }: Target,
  folders: Readonly<Record<string, string>>,
  { environment }: CliContext,
): Promise<Record<string, string>> {
  return source.kind === "folder" ? await readVcsAttrs({ environment, folder: source.path, folders }) : {};
}
