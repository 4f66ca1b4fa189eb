import type { Clock } from "@opendepot/base";
import { type BuildkitClient, openBuildkit, openStep } from "@opendepot/buildkit";
import { formatPlatform, type Platform } from "@opendepot/oci";
import type { Lease } from "./lease.ts";
import type { BuilderArchitecture } from "./parts.ts";
import type { StepRecord } from "./step-record.ts";
import { waitForBuilder } from "./wait-for-builder.ts";

/** What connections to builders are made with. */
export interface BuildersOptions {
  readonly lease: Lease;
  readonly record: StepRecord;
  readonly clock: Clock;
  /** Aborts when the person or the server cancels. */
  readonly signal: AbortSignal;
}

/** How long after a builder was connected to the server is told of the steps that led there. */
const REPORT_AFTER_MS = 30;

interface Connection {
  readonly client: Promise<BuildkitClient>;
  readonly isRenewed: boolean;
}

/**
 * The connections of a build to its builders, one for each architecture, made when they are first asked for.
 * Disposing closes them.
 */
export class Builders implements AsyncDisposable {
  readonly #options: BuildersOptions;
  readonly #connections = new Map<BuilderArchitecture, Connection>();
  readonly #opened: Promise<BuildkitClient>[] = [];
  readonly #closing = new AbortController();

  constructor(options: BuildersOptions) {
    this.#options = options;
  }

  /**
   * The client of a builder, which is waited for and connected to at the first call.
   *
   * @throws {Problem} those of the way to the builder
   */
  get(architecture: BuilderArchitecture): Promise<BuildkitClient> {
    return this.#connections.get(architecture)?.client ?? this.#connect(architecture, false);
  }

  /**
   * Another client in the place of one whose connection was lost, as when the server is restarted; once for each
   * builder, and only as long as the server still gives it out. Undefined when that was done before.
   */
  async renew(architecture: BuilderArchitecture, lost: BuildkitClient): Promise<BuildkitClient | undefined> {
    const current = this.#connections.get(architecture);
    const client = await current?.client.catch(() => undefined);
    if (client !== undefined && client !== lost) return client;
    if (current?.isRenewed) return undefined;
    openStep(this.#options.record, "[depot] connection to the builder lost, connecting again").done();
    return await this.#connect(architecture, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the build has ended"));
    await Promise.all(
      this.#opened.map(async (opening) => (await opening.catch(() => undefined))?.[Symbol.asyncDispose]()),
    );
  }

  #connect(architecture: BuilderArchitecture, isRenewed: boolean): Promise<BuildkitClient> {
    const client = this.#open(architecture);
    this.#connections.set(architecture, { client, isRenewed });
    this.#opened.push(client);
    client.catch(() => undefined); // told to whoever asked
    return client;
  }

  async #open(architecture: BuilderArchitecture): Promise<BuildkitClient> {
    const { lease, record, clock, signal } = this.#options;
    const endpoint = await asStep(record, `[depot] launching ${architecture} machine`, () =>
      waitForBuilder({ lease, architecture, clock, signal }),
    );
    const client = await asStep(record, `[depot] connecting to ${architecture} machine`, () =>
      openBuildkit(endpoint, { signal }),
    );
    void this.#reportSoon();
    return client;
  }

  /** Not at once, when the server is needed for the solve; nor at the end of the build, as somebody would wait for it. */
  async #reportSoon(): Promise<void> {
    const { lease, record, clock } = this.#options;
    await clock.sleep(REPORT_AFTER_MS, this.#closing.signal).catch(() => undefined);
    if (this.#closing.signal.aborted) return;
    const steps = record.take();
    if (steps.vertexes.length > 0) await lease.report(steps);
  }
}

/** A label of workers that our builders have when they emulate their architecture. */
const MACHINE_LABEL = "opendepot.machine";

/**
 * Says so when a builder emulates its architecture: its engine has a label that names the machine's own platform, or
 * lists that first.
 */
export async function noteEmulation(
  client: BuildkitClient,
  architecture: BuilderArchitecture,
  { record, signal }: Pick<BuildersOptions, "record" | "signal">,
): Promise<void> {
  const workers = await client.listWorkers({ signal });
  const [worker] = workers;
  const [os = "", machine = ""] = worker?.labels[MACHINE_LABEL]?.split("/") ?? [];
  const first = machine === "" ? worker?.platforms[0] : { os, architecture: machine };
  const own: Platform | undefined = first && { os: first.os, architecture: first.architecture };
  if (own === undefined || own.architecture === architecture || own.architecture === "") return;
  const note = `[depot] the ${architecture} builder runs on ${formatPlatform(own)}: ${architecture} programs are emulated and slower`;
  openStep(record, note).done();
}

/** Runs `work` as a step of our own. */
export async function asStep<T>(record: StepRecord, name: string, work: () => Promise<T>): Promise<T> {
  const shown = openStep(record, name);
  try {
    const result = await work();
    shown.done();
    return result;
  } catch (error) {
    shown.fail(error);
    throw error;
  }
}
