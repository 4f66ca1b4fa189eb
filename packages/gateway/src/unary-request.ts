import type { ServerHttp2Stream } from "node:http2";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import type { Metadata } from "@opendepot/buildkit";

import { callMalformed, limitExceeded } from "./problems.ts";

/** The largest request that engines take. */
export const MAX_REQUEST_BYTES: number = 16 * 1024 * 1024;

const FRAME_HEADER_BYTES = 5;
const gunzipAsync = promisify(gunzip);

/** What the requests of one build may hold at one time. */
export interface RequestBudget {
  /** @throws {Problem} `limit_exceeded` when that many more bytes would be too many */
  take(bytes: number): void;
  give(bytes: number): void;
  /** Runs one piece of work after another: what a small request expands to is held once, not once for each call. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** A request as the client sent it, frame and all, that counts against its build's budget until it is released. */
export interface HeldRequest {
  readonly raw: Buffer;
  /** Gives its bytes back to the budget. Releasing twice is fine. */
  release(): void;
}

/** A unary request that was read to its end. */
export interface UnaryRequest {
  readonly held: HeldRequest;
  /** The one message in it, decompressed. */
  readonly message: Uint8Array;
}

/**
 * Reads the whole request of a unary call. The caller releases what is held once it is sent on.
 *
 * @throws {Problem} `call_malformed`, `limit_exceeded`
 */
export async function readUnaryRequest(
  stream: ServerHttp2Stream,
  metadata: Metadata,
  budget: RequestBudget,
): Promise<UnaryRequest> {
  const raw = await readAll(stream, budget);
  let isReleased = false;
  const release = (): void => {
    if (!isReleased) budget.give(raw.length);
    isReleased = true;
  };
  try {
    return { held: { raw, release }, message: await messageOf(raw, metadata, budget) };
  } catch (error) {
    release();
    throw error;
  }
}

async function readAll(stream: ServerHttp2Stream, budget: RequestBudget): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Not iterated: leaving a loop would destroy the stream, and the refusal could not be sent any more.
    await new Promise<void>((resolve, reject) => {
      stream.on("data", (chunk: Buffer) => {
        try {
          budget.take(chunk.length);
        } catch (error) {
          reject(error);
          return;
        }
        length += chunk.length;
        if (length > MAX_REQUEST_BYTES + FRAME_HEADER_BYTES) reject(tooLarge());
        else chunks.push(chunk);
      });
      stream.once("end", resolve);
      stream.once("error", reject);
      stream.once("close", () => reject(callMalformed("the call was reset before its request was complete")));
    });
    return Buffer.concat(chunks, length);
  } catch (error) {
    budget.give(length);
    throw error;
  } finally {
    stream.removeAllListeners("data");
  }
}

async function messageOf(raw: Buffer, metadata: Metadata, budget: RequestBudget): Promise<Uint8Array> {
  if (raw.length < FRAME_HEADER_BYTES || raw.readUInt32BE(1) !== raw.length - FRAME_HEADER_BYTES) {
    throw callMalformed("the request is not exactly one message");
  }
  const payload = raw.subarray(FRAME_HEADER_BYTES);
  if (raw[0] === 0) return payload;
  const encodings = metadata.getAll("grpc-encoding");
  if (raw[0] !== 1 || encodings.length !== 1 || encodings[0] !== "gzip") {
    throw callMalformed("the request is compressed in a way that is not supported");
  }
  try {
    return await budget.inTurn(() => gunzipAsync(payload, { maxOutputLength: MAX_REQUEST_BYTES }));
  } catch (cause) {
    throw callMalformed("the request's gzip data is broken or too large", cause);
  }
}

function tooLarge(): Error {
  return limitExceeded(`the request is larger than ${MAX_REQUEST_BYTES} bytes`);
}
