import { Problem } from "@opendepot/base";
import type { Builder, BuilderProvider, StartRequest } from "@opendepot/builder";

/** A builder without an engine, whose life a test decides. */
class FakeBuilder implements Builder {
  readonly id: string;
  readonly projectId: string;
  readonly architecture: StartRequest["architecture"];
  readonly endpoint = { kind: "unix", path: "/nonexistent/buildkitd.sock" } as const;
  readonly engine = { kind: "buildkitd", buildkit: "v0.0.0-fake" } as const;
  readonly isEmulated = false;
  readonly death = new AbortController();
  readonly gone: AbortSignal = this.death.signal;

  constructor({ id, projectId, architecture }: StartRequest) {
    this.id = id;
    this.projectId = projectId;
    this.architecture = architecture;
  }
}

/** A provider whose builders have no engines: for tests of everything but solving. */
export class FakeProvider implements BuilderProvider {
  readonly #builders = new Map<string, FakeBuilder>();
  /** What was asked of it, in order: `start ID`, `stop ID`, `reset ID`. */
  readonly calls: string[] = [];
  /** The cache policies that builders were started with. */
  readonly requests: StartRequest[] = [];
  /** Awaited by each start: a test's way to make starts slow or fail. */
  beforeStart: (request: StartRequest) => Promise<void> = async () => undefined;

  async start(request: StartRequest, signal: AbortSignal): Promise<Builder> {
    const known = this.#builders.get(request.id);
    if (known && !known.gone.aborted) return known;
    this.calls.push(`start ${request.id}`);
    this.requests.push(request);
    await this.beforeStart(request);
    signal.throwIfAborted();
    const builder = new FakeBuilder(request);
    this.#builders.set(request.id, builder);
    return builder;
  }

  async stop(id: string): Promise<void> {
    this.calls.push(`stop ${id}`);
    this.#end(id, "was stopped");
  }

  async reset(id: string): Promise<void> {
    this.calls.push(`reset ${id}`);
    this.#end(id, "was reset");
  }

  /** The engine dies, as engines do. */
  kill(id: string): void {
    this.#end(id, "was killed");
  }

  list(): readonly Builder[] {
    return [...this.#builders.values()];
  }

  warnings(): readonly string[] {
    return ["this engine is a fake"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#builders.keys()]) this.#end(id, "was stopped");
  }

  #end(id: string, how: string): void {
    const builder = this.#builders.get(id);
    this.#builders.delete(id);
    builder?.death.abort(new Problem("engine_stopped", `the engine ${how}`));
  }
}
