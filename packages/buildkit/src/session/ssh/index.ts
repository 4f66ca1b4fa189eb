import { readFile, stat } from "node:fs/promises";
import { messageOf, systemCodeOf } from "@opendepot/base";
import { BytesMessage, SSH } from "../../gen/moby/sshforward/v1/ssh.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { decode, encode } from "../../wire/index.ts";
import { isSystemError, sshAgentUnreachable, sshKeyUnusable, sshSourceInvalid } from "../problems.ts";
import type { SessionCall, SessionService } from "../service.ts";
import { unary } from "../unary.ts";
import { type Agent, AgentFrames, createKeyAgent, FAILURE, isAllowed } from "./agent.ts";
import { parsePrivateKey } from "./private-key.ts";
import { createSigningKey, type SigningKey } from "./signing-key.ts";
import { openSocketAgent } from "./socket-agent.ts";
import { sshString } from "./ssh-wire.ts";

/** What `--ssh id=path,…` stands for: the socket of one agent, or files with private keys. */
export interface SshSource {
  /** Default `default`, which is what a `RUN --mount=type=ssh` without id asks for. */
  readonly id?: string | undefined;
  /** At least one. A socket stands alone. */
  readonly paths: readonly string[];
}

const DEFAULT_ID = "default";

/** Larger than any key. */
const MAX_KEY_BYTES = 100 * 1024;

/**
 * Lets `RUN --mount=type=ssh` use SSH agents of this machine, or keys from files, which are served by an agent in
 * this process: ed25519, ECDSA and RSA, not encrypted. Builders may list keys and sign with them, nothing else;
 * the keys themselves never leave.
 *
 * Calls for any other id fail with `not_found`. BuildKit `session/sshforward`, service `moby.sshforward.v1.SSH`.
 *
 * @throws {Problem} `ssh_agent_unreachable`, `ssh_key_unusable`, `ssh_source_invalid`
 */
export async function createSsh(sources: readonly SshSource[]): Promise<SessionService> {
  const openers = new Map<string, AgentOpener>();
  for (const { id = DEFAULT_ID, paths } of sources) {
    if (openers.has(id)) throw sshSourceInvalid(id, "the id is given twice");
    openers.set(id, await prepareAgent(id, paths));
  }
  const openerOf = (id: string | undefined): AgentOpener => {
    const opener = openers.get(id || DEFAULT_ID);
    if (!opener) throw new GrpcError(GrpcCode.notFound, `unset ssh forward key ${id || DEFAULT_ID}`);
    return opener;
  };
  return {
    name: "moby.sshforward.v1.SSH",
    methods: {
      CheckAgent: unary(SSH.checkAgent, ({ id }) => {
        openerOf(id);
        return {};
      }),
      ForwardAgent: (call) => forward(call, openerOf(call.metadata.get("buildkit.ssh.id"))),
    },
  };
}

type AgentOpener = (signal: AbortSignal) => Promise<Agent>;

/** One request at a time, in order, as agents answer them. */
async function forward(call: SessionCall, open: AgentOpener): Promise<void> {
  using agent = await open(call.signal);
  const frames = new AgentFrames();
  for await (const message of call.messages) {
    for (const request of frames.push(decode(BytesMessage, message).data)) {
      const answer = isAllowed(request) ? await agent.handle(request) : FAILURE;
      await call.send(encode(BytesMessage, { data: sshString(answer) }));
    }
  }
}

async function prepareAgent(id: string, paths: readonly string[]): Promise<AgentOpener> {
  const keys: SigningKey[] = [];
  for (const path of paths) {
    const key = await readKey(path);
    if (key) keys.push(key);
    else if (paths.length > 1) throw sshSourceInvalid(id, `the agent socket ${path} is not alone`);
    else return await prepareSocket(path);
  }
  if (keys.length === 0) throw sshSourceInvalid(id, "no agent socket and no key");
  return async () => createKeyAgent(keys);
}

/** Connects once, so that a dead agent is reported before the build and not in its middle. */
async function prepareSocket(path: string): Promise<AgentOpener> {
  using _agent = await openSocketAgent(path);
  return (signal) => openSocketAgent(path, signal);
}

/** Undefined when `path` is a socket. */
async function readKey(path: string): Promise<SigningKey | undefined> {
  let text: string;
  try {
    const found = await stat(path);
    if (found.isSocket()) return undefined;
    if (!found.isFile() || found.size > MAX_KEY_BYTES) throw sshKeyUnusable(path, "it is not a private key");
    text = await readFile(path, "latin1");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const code = systemCodeOf(error);
    throw code === "ENOENT" || code === "ENOTDIR"
      ? sshAgentUnreachable(path, error)
      : sshKeyUnusable(path, messageOf(error));
  }
  const key = createSigningKey(parsePrivateKey(text, path));
  if (!key) throw sshKeyUnusable(path, "keys of its kind are not supported");
  return key;
}
