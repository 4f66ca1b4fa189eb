import { Metadata } from "../rpc/metadata.ts";
import type { SessionCall, SessionService } from "../session/service.ts";
import { decode, encode, type Init, type Method } from "../wire/index.ts";

/** A queue between two sides of one process: what is pushed on one comes out on the other. */
class Pipe<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #at = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: Array<() => void> = [];

  /** Resolves when the other side has taken what is there, apart from `slack` items. */
  async push(item: T, slack: number = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#items.push(item);
    this.#signal();
    while (this.#items.length - this.#at > slack && !this.#isEnded && !this.#failure) await this.#changed();
  }

  end(): void {
    this.#isEnded = true;
    this.#signal();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#signal();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items[this.#at];
      if (item !== undefined) {
        this.#at++;
        this.#signal();
        yield item;
      } else if (this.#at > 0) {
        this.#items = [];
        this.#at = 0;
      } else if (this.#failure) throw this.#failure.error;
      else if (this.#isEnded) return;
      else await this.#changed();
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }
}

/** The engine's end of a call that {@link callInMemory} makes. */
export interface EngineSide {
  /** Messages from the service. Ends when the method returns, fails when it throws. */
  readonly messages: AsyncIterable<Uint8Array>;
  send(message: Uint8Array): Promise<void>;
  /** Half-closes: no more messages from the engine. */
  end(): void;
  /** Resets the call, as a lost connection or a canceled build does. */
  reset(reason: Error): void;
}

/** How {@link callInMemory} calls. */
export interface MemoryCallOptions<T> {
  readonly method: string;
  readonly metadata?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Plays the engine. */
  readonly engine: (side: EngineSide) => Promise<T>;
  /** Messages that the service may have on the way before it has to wait. Default 4. */
  readonly window?: number | undefined;
}

/**
 * Calls a session service without a network: for tests of services.
 * Gives what `engine` returned; rejects with what the method or `engine` threw, the method's error first.
 */
export async function callInMemory<T>(service: SessionService, options: MemoryCallOptions<T>): Promise<T> {
  const method = service.methods[options.method];
  if (!method) throw new Error(`${service.name} has no method ${options.method}`);
  const [toService, toEngine] = [new Pipe<Uint8Array>(), new Pipe<Uint8Array>()];
  const canceled = new AbortController();
  const call: SessionCall = {
    metadata: new Metadata(flatten(options.metadata ?? {})),
    messages: toService,
    signal: canceled.signal,
    send: (message) => toEngine.push(Uint8Array.from(message), options.window ?? 4),
    sendFramed: async (frames, onLeft) => {
      const messages = [...cutFrames(frames)].map((message) => Uint8Array.from(message));
      onLeft?.();
      for (const message of messages) await toEngine.push(message, options.window ?? 4);
    },
  };
  const serving = method(call).then(
    () => toEngine.end(),
    (error: unknown) => {
      toEngine.fail(error);
      throw error;
    },
  );
  const playing = options.engine({
    messages: toEngine,
    send: (message) => toService.push(message),
    end: () => toService.end(),
    reset: (reason) => {
      canceled.abort(reason);
      toService.fail(reason);
      toEngine.fail(reason);
    },
  });
  // An engine that gives up takes its call with it.
  playing.catch((error: unknown) => {
    canceled.abort(error);
    toService.fail(error);
    toEngine.end();
  });
  const [served, played] = await Promise.allSettled([serving, playing]);
  if (served.status === "rejected") throw served.reason;
  if (played.status === "rejected") throw played.reason;
  return played.value;
}

/** The messages of whole gRPC frames laid end to end. */
export function* cutFrames(frames: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  for (let at = 0; at < frames.length; ) {
    if (frames[at] !== 0) throw new Error("not an uncompressed gRPC frame");
    const end = at + 5 + view.getUint32(at + 1);
    if (end > frames.length) throw new Error("a gRPC frame is cut off");
    yield frames.subarray(at + 5, end);
    at = end;
  }
}

function* flatten(metadata: Readonly<Record<string, string | readonly string[]>>): Generator<[string, string]> {
  for (const [name, value] of Object.entries(metadata)) {
    for (const each of typeof value === "string" ? [value] : value) yield [name, each];
  }
}

/** Calls a method that takes one message and answers one. */
export async function callUnary<Request, Response>(
  service: SessionService,
  method: Method<Request, Response>,
  request: Init<Request>,
): Promise<Response> {
  const name = Object.keys(service.methods).find((each) => method.path === `/${service.name}/${each}`);
  return await callInMemory(service, {
    method: name ?? method.path,
    engine: async (side) => {
      await side.send(encode(method.request, request));
      side.end();
      for await (const message of side.messages) return decode(method.response, message);
      throw new Error(`${method.path} gave no answer`);
    },
  });
}
