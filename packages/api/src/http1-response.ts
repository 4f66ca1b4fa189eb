/** The largest head taken: status line and headers. */
const MAX_HEAD_BYTES = 64 * 1024;

/** An answer to an HTTP request. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the connection may be used for another request. */
  readonly isReusable: boolean;
}

/** The peer does not speak HTTP/1.1 as we need it, or says too much. */
export class HttpSyntaxError extends Error {
  override name = "HttpSyntaxError";
  /** Of the answer, as far as it got; 0 when not even that is known. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** How long the body is: RFC 9112 section 6.3. */
type BodyLength = { readonly kind: "bytes"; readonly count: number } | { readonly kind: "chunked" | "until-close" };

interface Head {
  readonly status: number;
  readonly length: BodyLength;
  readonly isReusable: boolean;
}

/** Reads one answer to a POST request from the bytes of a connection, in whatever pieces they arrive: RFC 9112. */
export class HttpResponseReader {
  readonly #maxBodyBytes: number;
  #received: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  readonly #body: Buffer[] = [];
  #bodyBytes = 0;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Gives the answer once it is whole. @throws {HttpSyntaxError} */
  push(chunk: Buffer): HttpAnswer | undefined {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (!this.#head) {
      const head = this.#takeHead();
      if (!head) return undefined;
      if (head.status >= 200) this.#head = head; // what comes before is only information
    }
    return this.#readBody(this.#head);
  }

  /** The connection has ended. @throws {HttpSyntaxError} when the answer has not */
  end(): HttpAnswer {
    if (this.#head?.length.kind !== "until-close") throw this.#broken("the connection was closed before the answer");
    return this.#answer(this.#head);
  }

  #takeHead(): Head | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#received.length > MAX_HEAD_BYTES) throw this.#broken("the head of the answer does not end");
      return undefined;
    }
    const [statusLine = "", ...lines] = this.#received.toString("latin1", 0, end).split("\r\n");
    this.#received = this.#received.subarray(end + 4);
    const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine) ?? [];
    if (!status) throw this.#broken("this is no HTTP/1.1 answer");
    return readHead(Number(status), lines, minor === "1");
  }

  #readBody(head: Head): HttpAnswer | undefined {
    if (head.length.kind === "chunked") return this.#readChunks(head) ? this.#answer(head) : undefined;
    const wanted = head.length.kind === "bytes" ? head.length.count - this.#bodyBytes : this.#received.length;
    this.#take(Math.min(wanted, this.#received.length));
    return head.length.kind === "bytes" && this.#bodyBytes === head.length.count ? this.#answer(head) : undefined;
  }

  /** True at the end of the body. */
  #readChunks(head: Head): boolean {
    for (;;) {
      const lineEnd = this.#received.indexOf("\r\n");
      if (lineEnd < 0) {
        if (this.#received.length > MAX_HEAD_BYTES) throw this.#broken("a chunk has no size");
        return false;
      }
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(this.#received.toString("latin1", 0, lineEnd))?.[1];
      if (size === undefined) throw this.#broken(`a chunk of HTTP status ${head.status} has no size`);
      const length = Number.parseInt(size, 16);
      if (length === 0) return this.#received.includes("\r\n\r\n", lineEnd); // trailers are passed over
      this.#check(length);
      if (this.#received.length < lineEnd + 2 + length + 2) return false;
      this.#received = this.#received.subarray(lineEnd + 2);
      this.#take(length);
      this.#received = this.#received.subarray(2);
    }
  }

  #take(count: number): void {
    this.#check(count);
    this.#body.push(this.#received.subarray(0, count));
    this.#bodyBytes += count;
    this.#received = this.#received.subarray(count);
  }

  #check(more: number): void {
    if (this.#bodyBytes + more > this.#maxBodyBytes) throw this.#broken("the answer is too large");
  }

  #answer(head: Head): HttpAnswer {
    return { status: head.status, body: Buffer.concat(this.#body), isReusable: head.isReusable };
  }

  #broken(message: string): HttpSyntaxError {
    return new HttpSyntaxError(message, this.#head?.status ?? 0);
  }
}

function readHead(status: number, lines: readonly string[], isKeptAlive: boolean): Head {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new HttpSyntaxError(`a header is none: ${JSON.stringify(line.slice(0, 80))}`, status);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const length = bodyLength(status, headers);
  const isClosing = /\bclose\b/i.test(headers.get("connection") ?? "");
  return { status, length, isReusable: isKeptAlive && !isClosing && length.kind !== "until-close" };
}

function bodyLength(status: number, headers: ReadonlyMap<string, string>): BodyLength {
  if (status < 200 || status === 204 || status === 304) return { kind: "bytes", count: 0 };
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined) {
    if (coding.toLowerCase() === "chunked") return { kind: "chunked" };
    throw new HttpSyntaxError(`the answer is coded as ${coding}`, status);
  }
  const length = headers.get("content-length");
  if (length === undefined) return { kind: "until-close" };
  if (!/^\d{1,15}$/.test(length)) throw new HttpSyntaxError("the answer's length is no number", status);
  return { kind: "bytes", count: Number(length) };
}
