import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { toConnectError } from "@opendepot/api/problem-connect";
import { isProblem, type Logger } from "@opendepot/base";
import type { Metrics } from "../metrics.ts";
import { databaseUnavailable, isDatabaseAway } from "../problems.ts";
import { CONNECT_CODES } from "./codes.ts";

/**
 * The outermost layer of every call: problems become Connect errors, bugs are logged with their stack and told to
 * nobody, each call is counted and timed.
 */
export function observing(logger: Logger, metrics: Pick<Metrics, "observeCall">): Interceptor {
  return (next) => async (request) => {
    const startedAt = performance.now();
    const method = `${request.service.typeName}/${request.method.name}`;
    const done = (code: string): void => metrics.observeCall(method, code, (performance.now() - startedAt) / 1000);
    try {
      const response = await next(request);
      done("ok");
      return response;
    } catch (thrown) {
      const error = toConnectError(isDatabaseAway(thrown) ? databaseUnavailable(thrown) : thrown, CONNECT_CODES);
      done(Code[error.code] ?? "unknown");
      if (isBug(thrown)) logger.error("call failed", { method, error: thrown });
      else logger.debug("call refused", { method, code: Code[error.code], reason: error.message });
      throw error;
    }
  };
}

function isBug(thrown: unknown): boolean {
  if (isProblem(thrown) || thrown instanceof ConnectError) return false;
  return !(thrown instanceof Error && thrown.name === "AbortError");
}
