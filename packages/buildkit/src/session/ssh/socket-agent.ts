import { connect, type Socket } from "node:net";
import { abortable, withTimeout } from "@opendepot/base";
import { sshAgentUnreachable } from "../problems.ts";
import { type Agent, AgentFrames } from "./agent.ts";
import { sshString } from "./ssh-wire.ts";

/** How long an agent may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Connects to the agent at a socket. Disposing closes the connection.
 *
 * @throws {Problem} `ssh_agent_unreachable`
 */
export async function openSocketAgent(path: string, signal?: AbortSignal): Promise<Agent> {
  const socket = connect(path);
  const connected = Promise.withResolvers<void>();
  socket.once("connect", connected.resolve);
  socket.once("error", (error) => connected.reject(sshAgentUnreachable(path, error)));
  const late = (): Error => sshAgentUnreachable(path, new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`));
  try {
    await withTimeout(CONNECT_TIMEOUT_MS, late, () => connected.promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return new SocketAgent(path, socket, signal);
}

class SocketAgent implements Agent {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #signal: AbortSignal | undefined;
  readonly #frames = new AgentFrames();
  readonly #answers: Buffer[] = [];
  #failure: unknown;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(path: string, socket: Socket, signal: AbortSignal | undefined) {
    this.#path = path;
    this.#socket = socket;
    this.#signal = signal;
    socket.on("data", (bytes) => this.#receive(bytes));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("it closed the connection")));
  }

  async handle(request: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(sshString(request));
    for (;;) {
      const next = this.#answers.shift();
      if (next) return next;
      if (this.#failure !== undefined) throw sshAgentUnreachable(this.#path, this.#failure);
      this.#waiting ??= Promise.withResolvers();
      // No limit of time: the agent may have to ask its user.
      await abortable(this.#waiting.promise, this.#signal);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    try {
      this.#answers.push(...this.#frames.push(bytes));
      this.#wake();
    } catch (error) {
      this.#socket.destroy();
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
