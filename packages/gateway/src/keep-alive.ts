import type { Http2Session } from "node:http2";

/**
 * Asks a peer for a sign of life every `intervalMs` and destroys the session when there was none until the next time:
 * a machine that was switched off closes no connection. Ends with the session.
 */
export function keepAlive(session: Http2Session, intervalMs: number): void {
  let isAnswered = true;
  const timer = setInterval(() => {
    if (session.destroyed) return;
    if (!isAnswered) {
      session.destroy();
      return;
    }
    isAnswered = false;
    session.ping((error) => {
      isAnswered ||= error === null;
    });
  }, intervalMs);
  timer.unref();
  session.once("close", () => clearInterval(timer));
}
