import type { Readable } from "node:stream";
import { BytesMessage } from "../gen/moby/upload/v1/upload.ts";
import { randomId } from "../random-id.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { encode } from "../wire/codec.ts";
import type { SessionCall, SessionService } from "./service.ts";

/** Bytes that go into one message; BuildKit takes 16 MiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A stream that the engine gets when it asks for a URL. */
export interface Upload {
  /** The value of the frontend's attribute `context`: a tar, compressed or not, or a Dockerfile. */
  readonly url: string;
  readonly service: SessionService;
}

/** Options of {@link createUpload}. */
export interface UploadOptions {
  /** Names the stream; the same for several solves that send the same URL. Default: random. */
  readonly id?: string | undefined;
}

/**
 * Serves one stream to the engine, which fetches it once, as if from an HTTP server. What is left of it when the engine
 * has enough stays unread; the stream is destroyed. BuildKit `session/upload`, service `moby.upload.v1.Upload`.
 */
export function createUpload(source: Readable | (() => Readable), options: UploadOptions = {}): Upload {
  const id = options.id ?? randomId();
  let isTaken = false;
  const pull = async (call: SessionCall): Promise<void> => {
    const asked = call.metadata.get("urlpath") ?? "";
    if (isTaken || asked.split("/").at(-1) !== id) {
      throw new GrpcError(GrpcCode.unknown, `no http response from session for ${asked.slice(0, 200)}`);
    }
    isTaken = true;
    for await (const chunk of typeof source === "function" ? source() : source) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer);
      for (let at = 0; at < bytes.length; at += MAX_MESSAGE_BYTES) {
        await call.send(encode(BytesMessage, { data: bytes.subarray(at, at + MAX_MESSAGE_BYTES) }));
      }
    }
  };
  return {
    url: `http://buildkit-session/${id}`,
    service: { name: "moby.upload.v1.Upload", methods: { Pull: pull } },
  };
}
