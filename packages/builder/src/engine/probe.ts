import { once } from "node:events";
import { connect } from "node:net";
import { type Endpoint, openBuildkit } from "@opendepot/buildkit";

const ANSWER_MS = 5_000;

/**
 * Asks an engine for BuildKit's version; `unknown` where its build does not tell. Rejects while it does not answer.
 */
export async function probeBuildkit(endpoint: Endpoint, signal: AbortSignal): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  await using client = await openBuildkit(endpoint, { signal: limited, timeoutMs: ANSWER_MS });
  const version = (await client.info({ signal: limited }))?.version ?? "";
  // What a build without version information says of itself.
  return version === "" || version.startsWith("v0.0.0") ? "unknown" : version;
}

/** Resolves when something listens on a unix socket. */
export async function probeSocket(file: string, signal: AbortSignal): Promise<void> {
  const socket = connect(file);
  try {
    await once(socket, "connect", { signal });
  } finally {
    socket.destroy();
  }
}
