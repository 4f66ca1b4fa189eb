import { messageOf } from "@opendepot/base";
import type { Status } from "../gen/google/rpc/status.ts";
import { LLBBridge, type PongResponse, type ReturnRequest } from "../gen/moby/buildkit/v1/frontend/gateway.ts";
import type { Channel } from "../rpc/channel.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import type { DrivenSolve, SolveDriver } from "../solve.ts";
import { isCutOff } from "../solve-failure.ts";
import type { Init } from "../wire/message.ts";
import type { GatewayBuild } from "./build-with-gateway.ts";
import { callBridge, type GatewayParts, gatewayClient } from "./gateway-client.ts";
import { type GatewayResult, toWireResult } from "./gateway-result.ts";

/** How long the engine may take to begin the build. */
const PING_LIMIT_MS = 60_000;

/** An engine waits some seconds for a build that it does not know yet; then it is asked again. */
const PING_PAUSE_MS = 100;

/** Drives one solve by a callback, and tells the engine what came of it. */
export class GatewayDriver implements SolveDriver {
  readonly #channel: Channel;
  readonly #build: GatewayBuild;
  readonly #defaultOpt: Readonly<Record<string, string>>;

  constructor(channel: Channel, build: GatewayBuild, defaultOpt: Readonly<Record<string, string>>) {
    this.#channel = channel;
    this.#build = build;
    this.#defaultOpt = defaultOpt;
  }

  async run(solve: DrivenSolve): Promise<void> {
    const parts: GatewayParts = { channel: this.#channel, buildRef: solve.ref, signal: solve.signal };
    const pong = await ping(parts);
    const gateway = gatewayClient(parts, pong, this.#defaultOpt);
    let result: GatewayResult | undefined;
    try {
      gateway.capabilities.require("return");
      gateway.capabilities.require("proto.refarray");
      result = await this.#build(gateway);
    } catch (error) {
      // Whether this arrives or not, the build is over, and why it failed is known here.
      await giveBack(parts, { error: statusOf(error, solve) }).catch(() => undefined);
      throw error;
    }
    await giveBack(parts, { result: toWireResult(result ?? { metadata: {} }) });
  }
}

/** Asks until the engine has begun the build. */
async function ping(parts: GatewayParts): Promise<PongResponse> {
  const end = performance.now() + PING_LIMIT_MS;
  for (;;) {
    try {
      return await callBridge(parts, LLBBridge.ping, {});
    } catch (error) {
      if (!(error instanceof GrpcError) || !isUnknownBuild(error) || performance.now() > end) throw error;
    }
    await pause(PING_PAUSE_MS, parts.signal);
  }
}

/** BuildKit: control/gateway/gateway.go; solver/errdefs `UnknownJobError`. */
function isUnknownBuild({ code, message }: GrpcError): boolean {
  return code === GrpcCode.notFound || /no such job|unknown job/.test(message);
}

async function giveBack(parts: GatewayParts, request: Init<ReturnRequest>): Promise<void> {
  await callBridge(parts, LLBBridge.return, request);
}

/** What the engine is told of an error: one of its own with its details. */
function statusOf(error: unknown, solve: DrivenSolve): Init<Status> {
  if (!(error instanceof GrpcError)) return { code: GrpcCode.unknown, message: messageOf(error) };
  const message = (isCutOff(error) && solve.lastVertexError()) || error.message;
  return { code: error.code, message, details: error.details.map(({ typeUrl, value }) => ({ typeUrl, value })) };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = (): void => resolve();
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  signal.removeEventListener("abort", wake);
  clearTimeout(timer);
  signal.throwIfAborted();
}
