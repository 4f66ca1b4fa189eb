import { type Logger, silentLogger } from "@opendepot/base";
import { dial } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { Content, type Info } from "./gen/containerd/services/content/v1/content.ts";
import {
  type BuildHistoryRecord,
  Control,
  type DiskUsageRequest,
  type PruneRequest,
  type StatusResponse,
  type UsageRecord,
} from "./gen/moby/buildkit/v1/control.ts";
import type { BuildkitVersion, WorkerRecord } from "./gen/moby/buildkit/v1/types/worker.ts";
import { describeEndpoint } from "./problems.ts";
import type { CallOptions, Channel } from "./rpc/channel.ts";
import { GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import { openChannel } from "./rpc/http2-channel.ts";
import type { Init } from "./wire/message.ts";

/** What opening a client takes. */
export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit for reaching the engine. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

/** Which part of a blob is wanted; all of it unless given. */
export interface ReadContentOptions extends CallOptions {
  readonly offset?: number | undefined;
  /** Bytes from `offset` on. Default: up to the end. */
  readonly length?: number | undefined;
}

/**
 * A connection to one BuildKit engine. Disposing closes it; what is still under way on it is cancelled.
 *
 * Methods fail with a `GrpcError` (`unavailable` when the connection is lost), or with their signal's reason.
 */
export interface BuildkitClient extends AsyncDisposable {
  /** For calls that have no method here. */
  readonly channel: Channel;
  readonly logger: Logger;
  /** Opens another connection to the same engine; undefined for a client on a channel of the caller's. */
  readonly reopen: ((options?: OpenOptions) => Promise<BuildkitClient>) | undefined;
  /** The engine's version; undefined fields where it is too old to tell. */
  info(options?: CallOptions): Promise<BuildkitVersion | undefined>;
  /** The engine's workers with their platforms and cache policies. */
  listWorkers(options?: CallOptions): Promise<WorkerRecord[]>;
  /** The records of the engine's cache. */
  diskUsage(request?: Init<DiskUsageRequest>, options?: CallOptions): Promise<UsageRecord[]>;
  /** Removes cache records and tells each; leaving the loop early stops it. */
  prune(request?: Init<PruneRequest>, options?: CallOptions): AsyncIterable<UsageRecord>;
  /**
   * What the engine says of the solve `ref`: all of it from the start, up to its end.
   * Waits some seconds for a solve that has not begun; then fails.
   */
  status(ref: string, options?: CallOptions): AsyncIterable<StatusResponse>;
  /** The engine's record of the solve `ref`, which has ended; undefined when it keeps none. */
  buildRecord(ref: string, options?: CallOptions): Promise<BuildHistoryRecord | undefined>;
  /** Facts on a blob in the engine's content store; undefined when it is not there. */
  contentInfo(digest: string, options?: CallOptions): Promise<Info | undefined>;
  /**
   * A blob's bytes in order, each piece of at most some MiB. The bytes are not checked against the digest.
   * Read right after the solve: the engine may collect blobs that no cache record holds.
   */
  readContent(digest: string, options?: ReadContentOptions): AsyncIterable<Uint8Array>;
}

/**
 * Connects to an engine.
 *
 * @throws {Problem} `engine_unreachable`, `engine_untrusted`, `engine_not_buildkit`
 */
export async function openBuildkit(endpoint: Endpoint, options: OpenOptions = {}): Promise<BuildkitClient> {
  const socket = await dial(endpoint, options);
  const tls = endpoint.kind === "tcp" ? endpoint.tls : undefined;
  const channel = openChannel(socket, {
    authority: tls?.serverName ?? "localhost",
    scheme: tls ? "https" : "http",
    peer: `the engine at ${describeEndpoint(endpoint)}`,
  });
  const { logger } = options;
  return clientOn(channel, { logger, reopen: (again) => openBuildkit(endpoint, { logger, ...again }) });
}

/** A client on a channel that is already open; disposing it closes the channel. */
export function clientOn(
  channel: Channel,
  parts: Pick<OpenOptions, "logger"> & Partial<Pick<BuildkitClient, "reopen">> = {},
): BuildkitClient {
  return {
    channel,
    logger: parts.logger ?? silentLogger,
    reopen: parts.reopen,
    info: async (options) => (await channel.unary(Control.info, {}, options)).buildkitVersion,
    listWorkers: async (options) => (await channel.unary(Control.listWorkers, {}, options)).record,
    diskUsage: async (request = {}, options) => (await channel.unary(Control.diskUsage, request, options)).record,
    prune: (request = {}, options) => channel.serverStream(Control.prune, request, options),
    status: (ref, options) => channel.serverStream(Control.status, { ref }, options),
    buildRecord: (ref, options) => buildRecord(channel, ref, options),
    contentInfo: (digest, options) => contentInfo(channel, digest, options),
    readContent: (digest, options) => readContent(channel, digest, options),
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

async function buildRecord(
  channel: Channel,
  ref: string,
  options?: CallOptions,
): Promise<BuildHistoryRecord | undefined> {
  for await (const { record } of channel.serverStream(Control.listenBuildHistory, { ref, earlyExit: true }, options)) {
    if (record?.ref === ref) return record;
  }
  return undefined;
}

async function contentInfo(channel: Channel, digest: string, options?: CallOptions): Promise<Info | undefined> {
  try {
    return (await channel.unary(Content.info, { digest }, options)).info;
  } catch (error) {
    if (error instanceof GrpcError && error.code === GrpcCode.notFound) return undefined;
    throw error;
  }
}

async function* readContent(
  channel: Channel,
  digest: string,
  options: ReadContentOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { offset = 0, length = 0, ...callOptions } = options;
  const request = { digest, offset: BigInt(offset), size: BigInt(length) };
  for await (const { data } of channel.serverStream(Content.read, request, callOptions)) {
    if (data.length > 0) yield data;
  }
}
