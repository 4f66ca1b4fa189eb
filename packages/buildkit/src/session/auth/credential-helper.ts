import { spawn } from "node:child_process";
import { messageOf, systemCodeOf } from "@opendepot/base";
import { credentialHelperFailed } from "../problems.ts";
import { NO_AUTH, type RegistryAuth } from "./docker-config.ts";
import { parseJson } from "./parse-json.ts";

/** Longest answer of a helper; tokens of some clouds have several thousand bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What helpers answer when they know nothing of a registry: docker-credential-helpers `credentials/error.go`. */
const NOT_FOUND = "credentials not found in native keychain";

/** User name that marks the secret as an identity token. */
const TOKEN_USER = "<token>";

/** How a helper is run. */
export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A keychain may ask its user first. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks `docker-credential-<suffix> get` for the credentials of `registry`; empty ones when it has none.
 *
 * @throws {Problem} `credential_helper_failed`; the helper is killed when its time is over
 */
export async function askCredentialHelper(
  suffix: string,
  registry: string,
  options: HelperOptions,
): Promise<RegistryAuth> {
  const helper = `docker-credential-${suffix}`;
  const { status, output } = await runHelper(helper, registry, options);
  if (status !== 0) {
    if (output.trim() === NOT_FOUND) return NO_AUTH;
    // Not its output: that is where credentials would be.
    throw credentialHelperFailed(helper, `it ended with status ${status} for ${registry}`);
  }
  return parseAnswer(helper, output);
}

function parseAnswer(helper: string, output: string): RegistryAuth {
  const answer = parseJson(output);
  if (answer === undefined) throw credentialHelperFailed(helper, "its answer is not JSON");
  const { Username: username, Secret: secret } = Object(answer) as Record<string, unknown>;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw credentialHelperFailed(helper, "its answer has no Username and Secret");
  }
  if (username === TOKEN_USER) return { ...NO_AUTH, identityToken: secret };
  return { ...NO_AUTH, username, password: secret };
}

async function runHelper(
  helper: string,
  registry: string,
  options: HelperOptions,
): Promise<{ status: number | null; output: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | null; output: string }>();
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  const child = spawn(helper, ["get"], {
    env: { ...options.env },
    stdio: ["pipe", "pipe", "ignore"],
    signal,
    killSignal: "SIGKILL",
  });
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) child.kill("SIGKILL");
    else pieces.push(piece);
  });
  child.stdin.on("error", () => undefined); // it may end without reading
  child.on("error", (error) => reject(explain(helper, error, options)));
  child.on("close", (status) => resolve({ status, output: Buffer.concat(pieces).toString("utf8") }));
  child.stdin.end(registry);
  return await promise;
}

function explain(helper: string, error: Error, options: HelperOptions): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  if (error.name === "AbortError") return credentialHelperFailed(helper, `no answer within ${options.timeoutMs} ms`);
  if (systemCodeOf(error) === "ENOENT") return credentialHelperFailed(helper, "it is not installed", error);
  return credentialHelperFailed(helper, messageOf(error), error);
}
