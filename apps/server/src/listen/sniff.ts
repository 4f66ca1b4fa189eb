import type { Socket } from "node:net";

/** The first bytes of HTTP/2 with prior knowledge, as far as they differ from any HTTP/1 request: RFC 9113 section 3.4. */
const PREFACE = "PRI * HTTP/2.0";

/**
 * Reads a connection's first bytes and says what it speaks; the bytes are put back first. Connections that stay silent
 * for `timeoutMs` are closed.
 */
export function sniffProtocol(socket: Socket, timeoutMs: number, found: (protocol: "h1" | "h2") => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const ignore = (): void => undefined; // a connection that breaks before its first request is nobody's error
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("data", onData).off("close", stop).off("end", onEnd).off("error", ignore);
  };
  const onEnd = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const start = seen.toString("latin1", 0, PREFACE.length);
    const isH2 = PREFACE.startsWith(start);
    if (isH2 && start.length < PREFACE.length) return;
    stop();
    socket.pause();
    socket.unshift(seen);
    found(isH2 ? "h2" : "h1");
  };
  socket.on("data", onData).on("close", stop).on("end", onEnd).on("error", ignore);
}
