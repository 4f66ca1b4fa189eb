import type { ServerHttp2Stream } from "node:http2";

import type { Metadata } from "@opendepot/buildkit";

import type { BuildScope } from "./build-scope.ts";
import { BUILD_REF_HEADER, type CallRule, type RequestShape, SESSION_ID_HEADER } from "./policy.ts";
import { callMalformed, compressionRefused, entitlementRefused, refRefused, sessionRefused } from "./problems.ts";
import { type RequestClaims, readClaims } from "./request-claims.ts";
import { type HeldRequest, readUnaryRequest } from "./unary-request.ts";

/** A call that is to be judged. */
export interface JudgedCall {
  readonly stream: ServerHttp2Stream;
  readonly metadata: Metadata;
  readonly scope: BuildScope;
  readonly allowedEntitlements: ReadonlySet<string>;
  /** Compressions on which the engine would crash. */
  readonly unsafeCompressions: ReadonlySet<string>;
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal;
}

/** What was learned of a call that may pass. */
export interface Verdict {
  /** The request, when it had to be read; to be released once it is sent. */
  readonly request?: HeldRequest | undefined;
  /** The ref of the solve that the call starts. */
  readonly solveRef?: string | undefined;
}

/**
 * Decides whether a call may pass. Waits a little for solves and sessions that the call names before they turn up.
 *
 * @throws {Problem} `ref_refused`, `session_refused`, `entitlement_refused`, `compression_refused`,
 * `call_malformed`, `limit_exceeded`
 */
export async function authorize(rule: CallRule, call: JudgedCall): Promise<Verdict> {
  switch (rule.kind) {
    case "open":
    case "swallow":
      return {};
    case "session":
      claimSession(call);
      return {};
    case "bridge":
      await requireRef(call, onlyHeader(call.metadata, BUILD_REF_HEADER));
      return rule.shape ? await judgeRequest(call, rule.shape, (claims) => requireSessions(call, claims)) : {};
    case "status":
      return await judgeRequest(call, rule.shape, (claims) => requireRef(call, onlyRef(claims)));
    case "solve":
      return await judgeSolve(call, rule.shape);
  }
}

async function judgeSolve(call: JudgedCall, shape: RequestShape): Promise<Verdict> {
  let solveRef = "";
  const verdict = await judgeRequest(call, shape, async (claims) => {
    solveRef = onlyRef(claims);
    for (const entitlement of claims.entitlements) {
      if (!call.allowedEntitlements.has(entitlement)) throw entitlementRefused(entitlement);
    }
    for (const compression of claims.compressions) {
      if (call.unsafeCompressions.has(compression)) throw compressionRefused(compression);
    }
    if (!call.scope.claim("ref", solveRef)) throw refRefused(solveRef);
    await requireSessions(call, claims);
  });
  return { ...verdict, solveRef };
}

async function judgeRequest(
  { stream, metadata, scope }: JudgedCall,
  shape: RequestShape,
  judge: (claims: RequestClaims) => Promise<void>,
): Promise<Verdict> {
  const { held, message } = await readUnaryRequest(stream, metadata, scope);
  try {
    await judge(readClaims(message, shape));
    return { request: held };
  } catch (error) {
    held.release();
    throw error;
  }
}

function claimSession({ metadata, scope }: JudgedCall): void {
  const id = onlyHeader(metadata, SESSION_ID_HEADER);
  if (!scope.claim("session", id)) throw sessionRefused(id);
}

async function requireRef({ scope, signal }: JudgedCall, ref: string): Promise<void> {
  if (!(await scope.owns("ref", ref, signal))) throw refRefused(ref);
}

async function requireSessions({ scope, signal }: JudgedCall, { sessions }: RequestClaims): Promise<void> {
  for (const id of sessions) {
    if (!(await scope.owns("session", id, signal))) throw sessionRefused(id);
  }
}

/** Engines differ in which of several values they take; so there must be one. */
function onlyHeader(metadata: Metadata, name: string): string {
  const [value, ...others] = metadata.getAll(name);
  if (!value || others.length > 0) throw callMalformed(`the call needs exactly one ${name} header`);
  return value;
}

function onlyRef({ refs }: RequestClaims): string {
  const [ref, ...others] = refs;
  if (!ref || others.length > 0) throw callMalformed("the request needs exactly one ref");
  return ref;
}
