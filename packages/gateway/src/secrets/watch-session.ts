import {
  Flag,
  type Frame,
  FrameReader,
  type FrameSink,
  FrameType,
  HeaderBlock,
  HeaderDecoder,
  PREFACE,
} from "@opendepot/buildkit/http2";
import { BytesMessageReader } from "./bytes-messages.ts";
import { SecretAnswers } from "./secret-answers.ts";

/** The call by which an engine asks its client for a secret, in lower case: engines compare names without regard to it. */
const GET_SECRET = "/moby.buildkit.secrets.v1.secrets/getsecret";

/** The patterns of a long `.dockerignore` travel as headers. */
const MAX_HEADER_LIST_BYTES = 16 * 1024 * 1024;
/** Both sides keep to less: 16 KiB unless the other allows more. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Looks at what passes through a session. Must see all of it; neither keeps nor changes anything. Never throws. */
export interface SessionWatch {
  /** Bytes of the call that come from the client. */
  fromClient(chunk: Uint8Array): void;
  /** Bytes of the call that come from the engine. */
  fromEngine(chunk: Uint8Array): void;
}

/** Whom a watch tells. */
export interface SecretListener {
  /** A value that the client gave the engine, before the engine has it. A view: to be copied. */
  onSecret(value: Uint8Array): void;
  /** The session cannot be followed any further; called once. */
  onLost(error: unknown): void;
}

/**
 * Watches a session for secrets: inside the call is an HTTP/2 connection on which the engine is the client, and its
 * calls of `Secrets/GetSecret` are answered with values that must not be stored. Everything else is only counted past.
 */
export function watchSession(listener: SecretListener): SessionWatch {
  const answers = new SecretAnswers((value) => listener.onSecret(value));
  const requests = new RequestReader(answers);
  const responses = new FrameReader(new ResponseSink(answers), MAX_FRAME_BYTES);
  const fromEngine = new BytesMessageReader((piece) => requests.push(piece));
  const fromClient = new BytesMessageReader((piece) => responses.push(piece));
  let isLost = false;
  const look = (reader: BytesMessageReader, chunk: Uint8Array): void => {
    if (isLost) return;
    try {
      reader.push(chunk);
    } catch (error) {
      isLost = true;
      listener.onLost(error);
    }
  };
  return {
    fromClient: (chunk) => look(fromClient, chunk),
    fromEngine: (chunk) => look(fromEngine, chunk),
  };
}

/** The engine's side: which streams ask for a secret. */
class RequestReader implements FrameSink {
  readonly #answers: SecretAnswers;
  readonly #frames = new FrameReader(this, MAX_FRAME_BYTES);
  readonly #block = new HeaderBlock(2 * MAX_HEADER_LIST_BYTES);
  readonly #decoder = new HeaderDecoder(MAX_HEADER_LIST_BYTES);
  #prefaceLeft = PREFACE.length;

  constructor(answers: SecretAnswers) {
    this.#answers = answers;
  }

  push(piece: Uint8Array): void {
    const skipped = Math.min(this.#prefaceLeft, piece.length);
    this.#prefaceLeft -= skipped;
    if (skipped < piece.length) this.#frames.push(piece.subarray(skipped));
  }

  onFrame(frame: Frame, payload: Uint8Array): void {
    if (frame.type === FrameType.headers) this.#onBlock(frame, this.#block.begin(frame, payload));
    else if (frame.type === FrameType.continuation) this.#onBlock(frame, this.#block.proceed(frame, payload));
    else if (frame.type === FrameType.rstStream) this.#answers.forget(frame.streamId);
  }

  onData(): void {
    // What the engine asks for is told by its headers.
  }

  #onBlock({ streamId }: Frame, block: Uint8Array | undefined): void {
    if (!block) return;
    const { fields } = this.#decoder.decode(block); // always, as the blocks that follow build on it
    const path = fields.findIndex((name, index) => index % 2 === 0 && name === ":path");
    if (path >= 0 && fields[path + 1]?.toLowerCase() === GET_SECRET) this.#answers.expect(streamId);
  }
}

/** The client's side: the answers themselves. */
class ResponseSink implements FrameSink {
  readonly #answers: SecretAnswers;

  constructor(answers: SecretAnswers) {
    this.#answers = answers;
  }

  onFrame({ type, flags, streamId }: Frame, payload: Uint8Array): void {
    if (type === FrameType.data) this.#answers.take(streamId, withoutPadding(flags, payload));
    const isEnd = type === FrameType.rstStream || (type === FrameType.headers && (flags & Flag.endStream) !== 0);
    if (isEnd) this.#answers.forget(streamId);
  }

  onData({ streamId }: Frame, piece: Uint8Array): void {
    this.#answers.take(streamId, piece);
  }
}

function withoutPadding(flags: number, payload: Uint8Array): Uint8Array {
  if ((flags & Flag.padded) === 0) return payload;
  return payload.subarray(1, payload.length - (payload[0] ?? 0));
}
