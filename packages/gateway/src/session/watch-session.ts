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
import { ContextEntries } from "./context-entries.ts";
import { SecretAnswers } from "./secret-answers.ts";

/** The call by which an engine asks its client for a context. */
const SYNC_FILES = "/moby.filesync.v1.filesync/diffcopy";
/** The call by which an engine asks its client for a secret. Both in lower case: engines compare names without regard to it. */
const GET_SECRET = "/moby.buildkit.secrets.v1.secrets/getsecret";

/** The patterns of a long `.dockerignore` travel as headers. */
const MAX_HEADER_LIST_BYTES = 16 * 1024 * 1024;
/** Both sides keep to less: 16 KiB unless the other allows more. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Follows what passes through a session. Must see all of it, before it is passed on, and keeps nothing. Never throws. */
export interface SessionWatch {
  /** Bytes of the call that come from the client. May change them in place; when false, no more may be passed on. */
  fromClient(chunk: Uint8Array): boolean;
  /** Bytes of the call that come from the engine. When false, no more may be passed on. */
  fromEngine(chunk: Uint8Array): boolean;
}

/** Whom a watch tells. */
export interface SessionListener {
  /** A value that the client gave the engine, before the engine has it. A view: to be copied. */
  onSecret(value: Uint8Array): void;
  /** There are secrets that cannot be followed; called once. */
  onSecretsLost(error: unknown): void;
  /** An attribute of a link in a context was taken away. */
  onStripped(): void;
  /** The session cannot be followed, or is one of an attack; called once. */
  onRefused(error: unknown): void;
}

/**
 * Watches a session: inside the call is an HTTP/2 connection on which the engine is the client. Values that answer its calls
 * of `Secrets/GetSecret` are told, as they must not be stored; contexts that answer `FileSync/DiffCopy` lose what would
 * reach beyond them ({@link ContextEntries}). Everything else is only counted past.
 */
export function watchSession(listener: SessionListener): SessionWatch {
  const answers = new Answers(listener);
  const requests = new RequestReader(answers);
  const responses = new FrameReader(new ResponseSink(answers), MAX_FRAME_BYTES);
  const fromEngine = new BytesMessageReader((piece) => requests.push(piece));
  const fromClient = new BytesMessageReader((piece) => responses.push(piece));
  let isRefused = false;
  const look = (reader: BytesMessageReader, chunk: Uint8Array): boolean => {
    if (isRefused) return false;
    try {
      reader.push(chunk);
    } catch (error) {
      isRefused = true;
      listener.onRefused(error);
    }
    return !isRefused;
  };
  return {
    fromClient: (chunk) => look(fromClient, chunk),
    fromEngine: (chunk) => look(fromEngine, chunk),
  };
}

/** What the client answers, by the number of the stream. */
class Answers {
  readonly #listener: SessionListener;
  readonly #secrets: SecretAnswers;
  readonly #entries: ContextEntries;
  #lastStreamId = 0;
  #areSecretsLost = false;

  constructor(listener: SessionListener) {
    this.#listener = listener;
    this.#secrets = new SecretAnswers((value) => listener.onSecret(value));
    this.#entries = new ContextEntries(() => listener.onStripped());
  }

  /** The engine has opened a stream. */
  expect(streamId: number, path: string): void {
    this.#lastStreamId = Math.max(this.#lastStreamId, streamId);
    if (path === SYNC_FILES) this.#entries.expect(streamId);
    if (path === GET_SECRET) this.#followSecrets(() => this.#secrets.expect(streamId));
  }

  /** @param isInPlace whether changes of the bytes change what is passed on */
  take(streamId: number, bytes: Uint8Array, isInPlace: boolean): void {
    // The engine may have opened it, but not for the client's eyes yet: the answer to something that was not read here.
    if (streamId > this.#lastStreamId) throw new Error("the client answers what it was not asked");
    if (!isInPlace && this.#entries.has(streamId)) throw new Error("a context's frames are padded");
    this.#entries.take(streamId, bytes);
    this.#followSecrets(() => this.#secrets.take(streamId, bytes));
  }

  forget(streamId: number): void {
    this.#entries.forget(streamId);
    this.#secrets.forget(streamId);
  }

  #followSecrets(work: () => void): void {
    if (this.#areSecretsLost) return;
    try {
      work();
    } catch (error) {
      this.#areSecretsLost = true;
      this.#listener.onSecretsLost(error);
    }
  }
}

/** The engine's side: what it asks for on which stream. */
class RequestReader implements FrameSink {
  readonly #answers: Answers;
  readonly #frames = new FrameReader(this, MAX_FRAME_BYTES);
  readonly #block = new HeaderBlock(2 * MAX_HEADER_LIST_BYTES);
  readonly #decoder = new HeaderDecoder(MAX_HEADER_LIST_BYTES);
  #prefaceLeft = PREFACE.length;

  constructor(answers: Answers) {
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
    if (path >= 0) this.#answers.expect(streamId, (fields[path + 1] ?? "").toLowerCase());
  }
}

/** The client's side: the answers themselves. */
class ResponseSink implements FrameSink {
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  onFrame({ type, flags, streamId }: Frame, payload: Uint8Array): void {
    if (type === FrameType.data) {
      const isPadded = (flags & Flag.padded) !== 0; // then it may have been put together from several pieces
      this.#answers.take(streamId, isPadded ? withoutPadding(payload) : payload, !isPadded);
    }
    const isEnd = type === FrameType.rstStream || (type === FrameType.headers && (flags & Flag.endStream) !== 0);
    if (isEnd) this.#answers.forget(streamId);
  }

  onData({ streamId }: Frame, piece: Uint8Array): void {
    this.#answers.take(streamId, piece, true);
  }
}

function withoutPadding(payload: Uint8Array): Uint8Array {
  return payload.subarray(1, payload.length - (payload[0] ?? 0));
}
