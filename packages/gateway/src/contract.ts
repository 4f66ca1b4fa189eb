import type { Endpoint } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";

/** Who stands at the gateway: read from a client certificate that our authority signed. */
export interface Caller {
  readonly buildId: string;
  /** The builder whose server name the caller asked for. */
  readonly builderId: string;
}

/** What a caller may reach, as long as `ended` has not aborted. */
export interface Admission {
  /** The builder's engine. */
  readonly endpoint: Endpoint;
  /** Aborts when the build is finished or canceled, or its builder is gone: every call is cut at once with the reason. */
  readonly ended: AbortSignal;
  /** Compressions of layers on which this engine would crash: solves that ask for one are refused. None unless given. */
  readonly unsafeCompressions?: readonly string[] | undefined;
}

/**
 * What the gateway asks of the server and tells it. The gateway decides nothing about builds by itself;
 * it only knows which calls a build may make.
 */
export interface GatewayHost {
  /**
   * @throws {Problem} `build_ended`, `builder_gone`: the call is refused with the problem's message
   */
  admit(caller: Caller, signal: AbortSignal): Promise<Admission>;
  /** A solve was let through; `ref` is BuildKit's name for it. */
  onSolve(caller: Caller, ref: string): void;
  /**
   * What the engine says of a solve, from a Status stream of the gateway's own, with the build's secrets masked.
   * Awaited: slow storage slows the tap only.
   */
  onStatus(caller: Caller, ref: string, status: StatusResponse): Promise<void>;
}
