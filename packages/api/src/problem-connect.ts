import { Code, ConnectError } from "@connectrpc/connect";
import { isProblem } from "@opendepot/base";
import { ProblemDetailSchema } from "./gen/opendepot/v1/problem_pb.js";

/** Connect's code for each kind of problem that a server may answer with. */
export type ConnectCodes = Readonly<Record<string, Code>>;

/**
 * The Connect error for whatever a handler threw. A problem keeps its message, and its code and hint travel as a
 * detail; an abort becomes `canceled`; anything else is a bug and becomes `internal` with a text that tells nothing.
 *
 * @param codes Connect's code by problem code; `failed_precondition` for those it does not name
 */
export function toConnectError(thrown: unknown, codes: ConnectCodes): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  if (isProblem(thrown)) {
    const error = new ConnectError(thrown.message, codes[thrown.code] ?? Code.FailedPrecondition);
    error.details.push({ desc: ProblemDetailSchema, value: { code: thrown.code, hint: thrown.hint ?? "" } });
    error.cause = thrown;
    return error;
  }
  if (thrown instanceof Error && thrown.name === "AbortError") return new ConnectError("canceled", Code.Canceled);
  const error = new ConnectError("internal error; the server's log says more", Code.Internal);
  error.cause = thrown;
  return error;
}
