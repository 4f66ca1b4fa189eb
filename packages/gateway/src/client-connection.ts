import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";

import { isProblem, type Logger, messageOf, onAbort } from "@opendepot/base";
import { Metadata } from "@opendepot/buildkit";

import type { BuildScope, BuildScopes } from "./build-scope.ts";
import { statusOf } from "./call-status.ts";
import type { Caller } from "./contract.ts";
import { type EngineLane, openLane } from "./engine-lane.ts";
import { clientSideOptions, widenConnectionWindow } from "./http2-settings.ts";
import { keepAlive } from "./keep-alive.ts";
import type { ResolvedGateway } from "./options.ts";
import { ruleOf } from "./policy.ts";
import { callRefused, gatewayClosing } from "./problems.ts";
import { Responder } from "./responder.ts";
import { serveCall } from "./serve-call.ts";
import type { StatusTaps } from "./status-taps.ts";

/** How long a client whose build is refused may stay, to be told so. */
const REFUSED_LINGER_MS = 10_000;
/** How long closing waits for statuses to leave. */
const CLOSE_LIMIT_MS = 500;

/** What all connections of a gateway share. */
export interface GatewayParts {
  readonly gateway: ResolvedGateway;
  readonly scopes: BuildScopes;
  readonly taps: StatusTaps;
}

/** A way to the engine, with the build that goes it. */
interface OpenLane {
  readonly lane: EngineLane;
  readonly scope: BuildScope;
}

/** One client that proved which build it acts for: its HTTP/2 session, and its lane to the engine. */
export class ClientConnection implements AsyncDisposable {
  readonly #caller: Caller;
  readonly #parts: GatewayParts;
  readonly #logger: Logger;
  readonly #socket: Duplex;
  readonly #session: ServerHttp2Session;
  readonly #responders = new Set<Responder>();
  readonly #closed = new AbortController();
  #opening: Promise<OpenLane> | undefined;
  #refusal: NodeJS.Timeout | undefined;

  /** Owns the socket from here on. */
  constructor(socket: Duplex, caller: Caller, parts: GatewayParts) {
    this.#socket = socket;
    this.#caller = caller;
    this.#parts = parts;
    this.#logger = parts.gateway.logger.with({ ...caller });
    const { limits } = parts.gateway;
    // Whatever ALPN said: some clients offer none and speak HTTP/2 nevertheless.
    this.#session = performServerHandshake(socket, clientSideOptions(limits));
    widenConnectionWindow(this.#session);
    keepAlive(this.#session, limits.pingIntervalMs);
    // Go clients end a connection in a way that Node reports as a protocol error; "close" tells all there is to know.
    this.#session.on("error", (error) => this.#logger.debug("client connection failed", { error: messageOf(error) }));
    this.#session.on("stream", (stream, headers, _flags, raw) => void this.#serve(stream, headers, raw));
    this.#session.once("close", () => this.#onClose());
    socket.once("close", () => this.#onClose());
    // Dialed before the first call asks for it; a failure is told to the calls.
    this.#openLane().catch(() => undefined);
  }

  /** Aborts when the client is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.#closed.signal.addEventListener("abort", () => resolve(), { once: true });
    for (const responder of this.#responders) responder.fail(statusOf(gatewayClosing()));
    this.#session.close();
    const timer = setTimeout(() => this.#onClose(), CLOSE_LIMIT_MS);
    await gone;
    clearTimeout(timer);
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): Promise<void> {
    // A reset is told by "close"; without a listener an error would end the process.
    stream.on("error", () => undefined);
    const responder = new Responder(stream);
    const path = headers[":path"] ?? "";
    this.#responders.add(responder);
    stream.once("close", () => this.#responders.delete(responder));
    try {
      const rule = ruleOf(path);
      if (!rule || headers[":method"] !== "POST") throw callRefused(path);
      const { lane, scope } = await this.#openLane();
      const { gateway, taps } = this.#parts;
      const metadata = Metadata.fromRawHeaders(raw);
      const call = { responder, path, rule, metadata, lane, scope, logger: this.#logger };
      await serveCall(call, gateway, taps);
    } catch (error) {
      if (responder.isFinished) return;
      if (isProblem(error)) this.#logger.info("call refused", { path: path.slice(0, 200), code: error.code });
      else this.#logger.error("call failed", { path, error: messageOf(error) });
      responder.fail(statusOf(error));
    }
  }

  /** The lane, opened at most once at a time; a lane that ended, or could not be opened, is tried again by the next call. */
  async #openLane(): Promise<OpenLane> {
    const known = this.#opening;
    if (known) {
      const open = await known;
      if (open.lane.isUsable) return open;
      if (this.#opening === known) this.#opening = undefined;
    }
    this.#opening ??= this.#dialLane();
    return await this.#opening;
  }

  async #dialLane(): Promise<OpenLane> {
    try {
      const lane = await openLane(this.#parts.gateway, this.#caller, this.#closed.signal);
      const scope = this.#enterScope(lane);
      clearTimeout(this.#refusal);
      this.#refusal = undefined;
      return { lane, scope };
    } catch (error) {
      this.#opening = undefined;
      this.#refusal ??= setTimeout(() => this.#onClose(), REFUSED_LINGER_MS).unref();
      throw error;
    }
  }

  #enterScope(lane: EngineLane): BuildScope {
    try {
      const scope = this.#parts.scopes.of(this.#caller, lane.admission.ended);
      const place = scope.enter("connection");
      onAbort(lane.ended, () => place[Symbol.dispose]());
      return scope;
    } catch (error) {
      lane.end(error);
      throw error;
    }
  }

  /** Node does not always close the one when the other has failed. */
  #onClose(): void {
    this.#session.destroy();
    this.#socket.destroy();
    if (this.#closed.signal.aborted) return;
    clearTimeout(this.#refusal);
    this.#closed.abort(new Error("the client is gone"));
    this.#opening?.then(({ lane }) => lane.end(this.#closed.signal.reason)).catch(() => undefined);
  }
}
