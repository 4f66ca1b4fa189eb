import type { Stat } from "../gen/fsutil/types/wire.ts";
import { LLBBridge, type PongResponse } from "../gen/moby/buildkit/v1/frontend/gateway.ts";
import type { WorkerRecord } from "../gen/moby/buildkit/v1/types/worker.ts";
import type { Definition } from "../gen/pb/ops.ts";
import type { Channel } from "../rpc/channel.ts";
import { Metadata } from "../rpc/metadata.ts";
import type { TypeAndAttrs } from "../solve-input.ts";
import type { Init, Method } from "../wire/message.ts";
import { Capabilities } from "./capabilities.ts";
import { fromWireResult, type GatewayRef, type GatewayResult, refsOf } from "./gateway-result.ts";
import { resultFileTooLarge } from "./problems.ts";

/** Names the build that a call belongs to. BuildKit: client/buildid/metadata.go. */
const BUILD_REF_HEADER = "buildkit-controlapi-buildid";

/** What one answer may hold, far below the 16 MiB that a gRPC message may have. */
const READ_PIECE_BYTES = 4 * 1024 * 1024;

const DEFAULT_MAX_FILE_BYTES = 64 * 1024 * 1024;

/** One solve inside a build: of a frontend with its options, or of LLB. */
export interface GatewaySolveRequest {
  /** For instance `dockerfile.v0`; leave it out with a `definition`. */
  readonly frontend?: string | undefined;
  /** The frontend's attributes. `cache-imports` comes from the build's own input unless given. */
  readonly frontendOpt?: Readonly<Record<string, string>> | undefined;
  readonly frontendInputs?: Readonly<Record<string, Init<Definition>>> | undefined;
  readonly definition?: Init<Definition> | undefined;
  readonly cacheImports?: readonly TypeAndAttrs[] | undefined;
  /** Builds the result at once, so that what fails in it fails here. Default: it is built when it is needed. */
  readonly evaluate?: boolean | undefined;
}

/** Which part of a file is wanted; all of it unless given. */
export interface ReadFileOptions {
  /** Default: 0. */
  readonly offset?: number | undefined;
  /** Default: up to the end. */
  readonly length?: number | undefined;
  /** A longer answer is refused. Default: 64 MiB. */
  readonly maxBytes?: number | undefined;
}

/**
 * One build, seen by who drives it. Every method fails with a `GrpcError`, with the {@link Problem} `engine_too_old`,
 * or with the reason of {@link GatewayClient.signal}. BuildKit: frontend/gateway/grpcclient/client.go.
 */
export interface GatewayClient {
  /** The ref of the build. */
  readonly buildRef: string;
  readonly capabilities: Capabilities;
  /** The engine's workers with their platforms. */
  readonly workers: readonly WorkerRecord[];
  /** Aborts when the build is over or was aborted: nothing can be asked any more. */
  readonly signal: AbortSignal;
  solve(request: GatewaySolveRequest): Promise<GatewayResult>;
  /** Builds what `ref` stands for, and fails as that fails. */
  evaluate(ref: GatewayRef): Promise<void>;
  /** @throws {Problem} `result_file_too_large` */
  readFile(ref: GatewayRef, path: string, options?: ReadFileOptions): Promise<Uint8Array>;
  /** The entries of a directory, those whose names match the glob `includePattern` if one is given. */
  readDir(ref: GatewayRef, path: string, includePattern?: string): Promise<Stat[]>;
  statFile(ref: GatewayRef, path: string): Promise<Stat>;
  /** The `frontendInputs` that the build was started with. */
  inputs(): Promise<Readonly<Record<string, Definition>>>;
}

/** What a {@link GatewayClient} is made of. */
export interface GatewayParts {
  readonly channel: Channel;
  readonly buildRef: string;
  readonly signal: AbortSignal;
}

/** Makes one call for a build. */
export function callBridge<Request, Response>(
  { channel, buildRef, signal }: GatewayParts,
  method: Method<Request, Response>,
  request: Init<Request>,
): Promise<Response> {
  return channel.unary(method, request, { signal, metadata: new Metadata([[BUILD_REF_HEADER, buildRef]]) });
}

/**
 * A client for a build that answered `pong`.
 *
 * @param defaultOpt attributes that every solve with a frontend gets unless it has its own
 */
export function gatewayClient(
  parts: GatewayParts,
  pong: PongResponse,
  defaultOpt: Readonly<Record<string, string>>,
): GatewayClient {
  return new BridgeClient(parts, pong, defaultOpt);
}

class BridgeClient implements GatewayClient {
  readonly #parts: GatewayParts;
  readonly #defaultOpt: Readonly<Record<string, string>>;
  readonly capabilities: Capabilities;
  readonly workers: readonly WorkerRecord[];

  constructor(parts: GatewayParts, pong: PongResponse, defaultOpt: Readonly<Record<string, string>>) {
    this.#parts = parts;
    this.#defaultOpt = defaultOpt;
    this.capabilities = new Capabilities(pong.frontendApiCaps);
    this.workers = pong.workers;
  }

  get buildRef(): string {
    return this.#parts.buildRef;
  }

  get signal(): AbortSignal {
    return this.#parts.signal;
  }

  async solve(request: GatewaySolveRequest): Promise<GatewayResult> {
    const { frontend, frontendOpt, frontendInputs, definition, cacheImports = [], evaluate = false } = request;
    const evaluatesItself = this.capabilities.has("gateway.solve.evaluate");
    const response = await this.#call(LLBBridge.solve, {
      ...{ frontend, frontendInputs, definition },
      frontendOpt: frontend ? { ...this.#defaultOpt, ...frontendOpt } : frontendOpt,
      cacheImports: cacheImports.map(({ type, attrs = {} }) => ({ type, attrs })),
      allowResultReturn: true,
      allowResultArrayRef: true,
      evaluate: evaluate && evaluatesItself,
    });
    const result = response.result
      ? fromWireResult(response.result)
      : { metadata: {}, ...(response.ref ? { ref: { id: response.ref, definition: undefined } } : {}) };
    if (evaluate && !evaluatesItself) await Promise.all(refsOf(result).map((ref) => this.evaluate(ref)));
    return result;
  }

  async evaluate({ id }: GatewayRef): Promise<void> {
    if (this.capabilities.has("gateway.evaluate")) await this.#call(LLBBridge.evaluate, { ref: id });
    else await this.#call(LLBBridge.statFile, { ref: id, path: "." }); // to look at a tree, the engine has to build it
  }

  async readFile(ref: GatewayRef, path: string, options: ReadFileOptions = {}): Promise<Uint8Array> {
    const { offset = 0, length = Number.POSITIVE_INFINITY, maxBytes = DEFAULT_MAX_FILE_BYTES } = options;
    this.capabilities.require("readfile");
    const pieces: Uint8Array[] = [];
    let size = 0;
    while (size < length) {
      const wanted = Math.min(READ_PIECE_BYTES, length - size);
      const range = { offset: BigInt(offset + size), length: BigInt(wanted) };
      const { data } = await this.#call(LLBBridge.readFile, { ref: ref.id, filePath: path, range });
      pieces.push(data);
      size += data.length;
      if (size > maxBytes) throw resultFileTooLarge(path, maxBytes);
      if (data.length < wanted) break;
    }
    return Buffer.concat(pieces);
  }

  async readDir(ref: GatewayRef, path: string, includePattern = ""): Promise<Stat[]> {
    this.capabilities.require("readdir");
    return (await this.#call(LLBBridge.readDir, { ref: ref.id, dirPath: path, includePattern })).entries;
  }

  async statFile(ref: GatewayRef, path: string): Promise<Stat> {
    this.capabilities.require("statfile");
    const { stat } = await this.#call(LLBBridge.statFile, { ref: ref.id, path });
    if (!stat) throw new Error(`the engine told nothing of ${path}`);
    return stat;
  }

  async inputs(): Promise<Readonly<Record<string, Definition>>> {
    this.capabilities.require("frontend.inputs");
    return (await this.#call(LLBBridge.inputs, {})).definitions;
  }

  #call<Request, Response>(method: Method<Request, Response>, request: Init<Request>): Promise<Response> {
    return callBridge(this.#parts, method, request);
  }
}
