import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { dial, type Endpoint } from "@opendepot/buildkit";

/** A line to an engine that a test can trouble. Disposing cuts it. */
export interface CuttableWire extends AsyncDisposable {
  /** A TCP address that leads to the engine. */
  readonly address: string;
  /** Bytes that went towards the engine. */
  sentBytes(): number;
  /** Breaks every connection that is open now; new ones work. */
  cut(): void;
  /** Nothing passes for a while, as when a network is gone; nothing is lost. */
  stall(ms: number): Promise<void>;
}

/** Opens a line to the engine at `endpoint`. */
export async function openCuttableWire(endpoint: Endpoint): Promise<CuttableWire> {
  const open = new Map<Socket, Duplex>();
  let sent = 0;
  const server = createServer((near) => {
    void dial(endpoint).then((far) => {
      open.set(near, far);
      near.on("error", () => undefined).on("close", () => far.destroy());
      far.on("error", () => undefined).on("close", () => near.destroy());
      near.on("data", (bytes: Buffer) => {
        sent += bytes.length;
      });
      near.pipe(far).pipe(near);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of open.keys()) socket.destroy();
    open.clear();
  };
  return {
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sentBytes: () => sent,
    cut,
    async stall(ms) {
      const pairs = [...open];
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
      await sleep(ms);
      for (const [near, far] of pairs) near.pipe(far).pipe(near);
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
