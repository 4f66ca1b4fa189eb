import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Duplex } from "node:stream";

import { onAbort, withTimeout } from "@opendepot/base";
import { type BuildkitClient, dial, type Metadata, openBuildkit } from "@opendepot/buildkit";

import type { Admission, Caller } from "./contract.ts";
import { engineSideOptions, widenConnectionWindow } from "./http2-settings.ts";
import type { ResolvedGateway } from "./options.ts";
import { callMalformed, engineLost, engineUnreachable } from "./problems.ts";

/**
 * A client connection's own way to the engine: the host's admission, and an HTTP/2 session on the engine's socket.
 * Disposing closes the session; the engine then cancels what is under way on it.
 */
export class EngineLane implements Disposable {
  readonly admission: Admission;
  /** Aborts, with a `Problem` or the host's reason, when no call may go on: admission over, engine lost, or disposed of. */
  readonly ended: AbortSignal;
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #ending = new AbortController();
  readonly #admissionEnd: Disposable;
  /** For an engine that takes the connection and says nothing. */
  readonly #helloLimit: NodeJS.Timeout;
  /** Opened with the lane, as the first solve would wait for it. */
  #spareClient: Promise<BuildkitClient> | undefined;

  constructor(admission: Admission, socket: Duplex, gateway: ResolvedGateway, builderId: string) {
    this.admission = admission;
    this.ended = this.#ending.signal;
    this.#socket = socket;
    this.#session = connect("http://localhost", {
      ...engineSideOptions(gateway.limits),
      createConnection: () => socket,
    });
    this.#session.once("connect", () => widenConnectionWindow(this.#session));
    const { engineTimeoutMs } = gateway.limits;
    this.#helloLimit = setTimeout(() => this.end(engineUnreachable(builderId, undefined)), engineTimeoutMs).unref();
    this.#session.once("remoteSettings", () => clearTimeout(this.#helloLimit));
    // The end is told by "close"; without a listener an error would end the process.
    this.#session.on("error", () => undefined);
    socket.once("close", () => this.end(engineLost(builderId)));
    this.#session.once("close", () => this.end(engineLost(builderId)));
    this.#admissionEnd = onAbort(admission.ended, (reason) => this.end(reason));
    this.#spareClient = openBuildkit(admission.endpoint);
    this.#spareClient.catch(() => undefined); // told to whoever takes it
  }

  /** A connection of the taker's own to the engine; it may outlive the lane. The taker closes it. */
  async takeClient(signal: AbortSignal): Promise<BuildkitClient> {
    const spare = await this.#takeSpare();
    return spare ?? (await openBuildkit(this.admission.endpoint, { signal }));
  }

  /** Undefined when there is none, or when it is of no use any more. */
  async #takeSpare(): Promise<BuildkitClient | undefined> {
    const spare = this.#spareClient;
    this.#spareClient = undefined;
    const client = await spare?.catch(() => undefined);
    if (!client?.channel.closed.aborted) return client;
    await client[Symbol.asyncDispose]();
    return undefined;
  }

  /** Whether new calls can be made; a session that the engine is leaving takes none. */
  get isUsable(): boolean {
    return !this.ended.aborted && !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * Opens a call on the engine, with the client's own metadata.
   *
   * @throws {Problem} `call_malformed` when the metadata cannot be sent
   */
  request(path: string, metadata: Metadata): ClientHttp2Stream {
    try {
      return this.#session.request(
        { ...metadata.toHeaders(), ":method": "POST", ":scheme": "http", ":authority": "localhost", ":path": path },
        { endStream: false },
      );
    } catch (cause) {
      throw callMalformed("the call's headers cannot be passed on", cause);
    }
  }

  /**
   * Whether the connection itself is gone, or going: then its streams end before anybody is told of it.
   */
  get isBroken(): boolean {
    return this.ended.aborted || this.#session.destroyed || this.#socket.destroyed;
  }

  end(reason: unknown): void {
    if (this.ended.aborted) return;
    this.#ending.abort(reason);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#helloLimit);
    this.#admissionEnd[Symbol.dispose]();
    void this.#takeSpare().then((client) => client?.[Symbol.asyncDispose]());
    this.#session.destroy();
    this.#socket.destroy();
  }
}

/**
 * Asks the host whether the caller may come in, and connects to the engine.
 *
 * @throws {Problem} `engine_unreachable`, or what the host refuses with
 */
export async function openLane(gateway: ResolvedGateway, caller: Caller, signal: AbortSignal): Promise<EngineLane> {
  const { builderId } = caller;
  return await withTimeout(
    gateway.limits.engineTimeoutMs,
    () => engineUnreachable(builderId, undefined),
    async (limit) => {
      const admission = await gateway.host.admit(caller, limit);
      admission.ended.throwIfAborted();
      const socket = await dialEngine(admission, builderId, limit);
      if (limit.aborted || admission.ended.aborted) socket.destroy();
      limit.throwIfAborted();
      admission.ended.throwIfAborted();
      return new EngineLane(admission, socket, gateway, builderId);
    },
    signal,
  );
}

async function dialEngine(admission: Admission, builderId: string, signal: AbortSignal): Promise<Duplex> {
  try {
    return await dial(admission.endpoint, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    // The cause names the engine's own socket, which is none of the client's business.
    throw engineUnreachable(builderId, cause);
  }
}
