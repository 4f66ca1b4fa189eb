import type { SigningKey } from "./signing-key.ts";
import { SshReader, sshString, sshUint32 } from "./ssh-wire.ts";

/** Message numbers: draft-ietf-sshm-ssh-agent section 6.1. */
export const AgentMessage = {
  failure: 5,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
} as const;

/** Longest message that OpenSSH's agent takes. */
export const MAX_AGENT_MESSAGE_BYTES: number = 256 * 1024;

/** Answers requests of one client, each without its length in front. */
export interface Agent extends Disposable {
  handle(request: Uint8Array): Promise<Uint8Array>;
}

/** What the builder may do with an agent: see the keys and sign with them. All else would change the agent. */
export function isAllowed(request: Uint8Array): boolean {
  return request[0] === AgentMessage.requestIdentities || request[0] === AgentMessage.signRequest;
}

export const FAILURE: Uint8Array = Uint8Array.of(AgentMessage.failure);

/** An agent that holds `keys` in this process. */
export function createKeyAgent(keys: readonly SigningKey[]): Agent {
  return {
    handle: async (request) => {
      try {
        return answer(new SshReader(request), keys);
      } catch {
        return FAILURE; // malformed
      }
    },
    [Symbol.dispose]: () => undefined,
  };
}

function answer(request: SshReader, keys: readonly SigningKey[]): Uint8Array {
  const type = request.byte();
  if (type === AgentMessage.requestIdentities) {
    const identities = keys.map((key) => Buffer.concat([sshString(key.publicBlob), sshString("")]));
    return Buffer.concat([Buffer.of(AgentMessage.identitiesAnswer), sshUint32(keys.length), ...identities]);
  }
  if (type !== AgentMessage.signRequest) return FAILURE;
  const [blob, data, flags] = [request.bytes(), request.bytes(), request.uint32()];
  const key = keys.find(({ publicBlob }) => publicBlob.equals(blob));
  return key ? Buffer.concat([Buffer.of(AgentMessage.signResponse), sshString(key.sign(data, flags))]) : FAILURE;
}

/** Cuts a stream of agent messages, each behind its length of four bytes. */
export class AgentFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws {RangeError} for a message longer than any agent takes */
  *push(bytes: Uint8Array): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32BE();
      if (length === 0 || length > MAX_AGENT_MESSAGE_BYTES)
        throw new RangeError(`SSH agent message of ${length} bytes`);
      if (this.#rest.length < 4 + length) return;
      const message = this.#rest.subarray(4, 4 + length);
      this.#rest = this.#rest.subarray(4 + length);
      yield message;
    }
  }
}
