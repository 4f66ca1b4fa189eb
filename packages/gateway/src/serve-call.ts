import { type Logger, messageOf, onAbort, systemClock } from "@opendepot/base";
import type { BuildkitClient, Metadata } from "@opendepot/buildkit";

import { authorize, type Verdict } from "./authorize.ts";
import type { BuildScope } from "./build-scope.ts";
import { type CallStatus, cutStatusOf, statusOf } from "./call-status.ts";
import type { EngineLane } from "./engine-lane.ts";
import { forward } from "./forward.ts";
import type { ResolvedGateway } from "./options.ts";
import type { CallRule } from "./policy.ts";
import { engineLost, sessionUnreadable } from "./problems.ts";
import type { Responder } from "./responder.ts";
import { type SessionListener, watchSession } from "./session/watch-session.ts";
import type { StatusTaps } from "./status-taps.ts";

/** One for all calls: making an error, with its stack, for each would cost more than the rest of their end. */
const CALL_OVER = new Error("the call has ended");

/** A call of a build that may use its engine. */
export interface AdmittedCall {
  readonly responder: Responder;
  readonly path: string;
  readonly rule: CallRule;
  readonly metadata: Metadata;
  readonly lane: EngineLane;
  readonly scope: BuildScope;
  readonly logger: Logger;
}

/**
 * Judges one call and passes it on. Resolves when it has ended on both sides.
 *
 * @throws {Problem} when it must not pass; the caller answers with it
 */
export async function serveCall(call: AdmittedCall, gateway: ResolvedGateway, taps: StatusTaps): Promise<void> {
  const { responder, rule, metadata, lane, scope } = call;
  const { stream } = responder;
  using _place = scope.enter("call");
  using _session = rule.kind === "session" ? scope.enter("session") : undefined;
  using _cut = onAbort(lane.ended, (reason) => responder.fail(cutStatusOf(reason)));
  const gone = new AbortController();
  stream.once("close", () => gone.abort(CALL_OVER));
  const signal = AbortSignal.any([gone.signal, lane.ended]);
  const verdict = await authorize(rule, {
    stream,
    metadata,
    scope,
    allowedEntitlements: gateway.allowedEntitlements,
    unsafeCompressions: new Set(lane.admission.unsafeCompressions),
    signal,
  });
  if (responder.isFinished) verdict.request?.release();
  else if (rule.kind === "swallow") swallow(responder);
  else await pass(call, verdict, { gateway, taps });
}

async function pass(
  { responder, path, rule, metadata, lane, scope, logger }: AdmittedCall,
  { request, solveRef }: Verdict,
  { gateway, taps }: { readonly gateway: ResolvedGateway; readonly taps: StatusTaps },
): Promise<void> {
  const { caller } = scope;
  const { host } = gateway;
  const solved = new AbortController();
  try {
    if (solveRef !== undefined) {
      host.onSolve(caller, solveRef);
      const open = (signal: AbortSignal): Promise<BuildkitClient> => lane.takeClient(signal);
      await taps.start({ caller, ref: solveRef, open, host, logger, secrets: scope.secrets, solved: solved.signal });
      if (responder.isFinished || responder.stream.destroyed) return;
    }
    const engine = lane.request(path, metadata);
    if (request) engine.once("finish", request.release);
    await forward({
      responder,
      engine,
      request: request?.raw,
      watch: rule.kind === "session" ? watchSession(listenerOf(responder, scope, logger)) : undefined,
      brokenStatus: () => brokenStatus(lane, caller.builderId),
    });
  } finally {
    request?.release();
    solved.abort(CALL_OVER);
  }
}

function listenerOf(responder: Responder, { secrets }: BuildScope, logger: Logger): SessionListener {
  let hasStripped = false;
  return {
    onSecret: (value) => {
      if (!secrets.add(value)) logger.warn("the build has more secrets than can be masked in what is stored of it");
    },
    onSecretsLost: (error) =>
      logger.warn("secrets of a session cannot be masked in what is stored of its build", { error: messageOf(error) }),
    onStripped: () => {
      if (!hasStripped) logger.info("extended attributes of symlinks in a context are left out");
      hasStripped = true;
    },
    onRefused: (error) => {
      logger.warn("a session was cut", { error: messageOf(error) });
      responder.fail(statusOf(sessionUnreadable(messageOf(error))));
    },
  };
}

/** Why all of the engine's streams ended, or undefined when it was only the one. */
async function brokenStatus(lane: EngineLane, builderId: string): Promise<CallStatus | undefined> {
  // An engine that is being stopped may reset its calls just before it closes the connection.
  if (!lane.isBroken) await systemClock.sleep(LAST_WORDS_MS, lane.ended).catch(() => undefined);
  if (lane.ended.aborted) return cutStatusOf(lane.ended.reason);
  return lane.isBroken ? statusOf(engineLost(builderId)) : undefined;
}

const LAST_WORDS_MS = 100;

/** An empty message, framed, and OK. */
function swallow(responder: Responder): void {
  responder.begin({ ":status": 200, "content-type": "application/grpc" });
  if (responder.isFinished) return;
  responder.stream.write(Buffer.alloc(5));
  responder.finish({ "grpc-status": "0" });
}
