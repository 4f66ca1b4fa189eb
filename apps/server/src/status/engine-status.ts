/** A point in time as protobuf carries it. */
export interface WireTime {
  readonly seconds: bigint;
  readonly nanos: number;
}

/**
 * The parts of `moby.buildkit.v1.StatusResponse` that are stored. Both forms of the message that this server meets
 * fit it: the gateway's, and the API's.
 */
export interface EngineStatus {
  readonly vertexes: readonly {
    readonly digest: string;
    readonly inputs: readonly string[];
    readonly name: string;
    readonly cached: boolean;
    readonly started?: WireTime | undefined;
    readonly completed?: WireTime | undefined;
    readonly error: string;
  }[];
  readonly logs: readonly {
    readonly vertex: string;
    readonly timestamp?: WireTime | undefined;
    readonly stream: bigint;
    readonly msg: Uint8Array;
  }[];
  readonly warnings: readonly {
    readonly vertex: string;
    readonly level: bigint;
    readonly short: Uint8Array;
    readonly url: string;
  }[];
}

/** Whose status it is. */
export interface StatusSource {
  readonly buildId: string;
  /** BuildKit's name of the solve; empty for the steps that the client took by itself. */
  readonly ref: string;
  readonly builderId?: string | undefined;
}

/** Milliseconds are what `Date` keeps; PostgreSQL and people need no more for steps. */
export function toDate(time: WireTime): Date {
  return new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000));
}

/** Nanoseconds since 1970: what tells two log messages apart. */
export function toNanoseconds(time: WireTime): bigint {
  return time.seconds * 1_000_000_000n + BigInt(time.nanos);
}
