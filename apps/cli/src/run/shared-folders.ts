import { type BuildkitClient, createFileSync, openSession, type Session } from "@opendepot/buildkit";
import type { CliContext } from "../cli-context.ts";
import { sharedKeyOf } from "../target/shared-key.ts";
import type { SolveRequest } from "../target/solve-request.ts";
import { warnOfProblem } from "./warn-of-problem.ts";

/**
 * Folders that several targets read. Each has one session on each builder, which serves it to all of them, so that the
 * engine takes its files once. buildx: build/build.go `detectSharedMounts`. Disposing ends the sessions.
 */
export class SharedFolders implements AsyncDisposable {
  /** The names under which targets know each folder, by its path; only folders that more than one target reads. */
  readonly #names: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #context: Pick<CliContext, "host" | "terminal">;
  readonly #sessions = new Map<BuildkitClient, Map<string, Session>>();

  constructor(requests: readonly Pick<SolveRequest, "folders">[], context: Pick<CliContext, "host" | "terminal">) {
    const names = new Map<string, Set<string>>();
    const uses = new Map<string, number>();
    for (const { folders } of requests) {
      for (const path of new Set(Object.values(folders))) uses.set(path, (uses.get(path) ?? 0) + 1);
      for (const [name, path] of Object.entries(folders)) {
        names.set(path, (names.get(path) ?? new Set()).add(name));
      }
    }
    this.#names = new Map([...names].filter(([path]) => (uses.get(path) ?? 0) > 1));
    this.#context = context;
  }

  /** The request with its shared folders taken from the sessions that they have on this builder. */
  apply(request: SolveRequest, client: BuildkitClient): SolveRequest {
    const shared = Object.entries(request.folders).filter(([, path]) => this.#names.has(path));
    if (shared.length === 0) return request;
    const attrs = shared.map(([name, path]) => [`local-sessionid:${name}`, this.#sessionOf(path, client).id] as const);
    const names = new Set(shared.map(([name]) => name));
    return {
      ...request,
      frontendAttrs: { ...request.frontendAttrs, ...Object.fromEntries(attrs) },
      folders: Object.fromEntries(Object.entries(request.folders).filter(([name]) => !names.has(name))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#sessions.values()].flatMap((sessions) => [...sessions.values()]);
    await Promise.all(open.map((session) => session[Symbol.asyncDispose]()));
  }

  #sessionOf(path: string, client: BuildkitClient): Session {
    const sessions = this.#sessions.get(client) ?? new Map<string, Session>();
    this.#sessions.set(client, sessions);
    const known = sessions.get(path);
    if (known !== undefined) return known;
    const folders = [...(this.#names.get(path) ?? [])].map((name) => [name, { path }]);
    const { host, terminal } = this.#context;
    const session = openSession(client.channel, {
      services: [createFileSync(Object.fromEntries(folders), { onWarning: warnOfProblem(terminal.warn) })],
      sharedKey: sharedKeyOf(path, host.name),
      logger: client.logger,
    });
    sessions.set(path, session);
    return session;
  }
}
