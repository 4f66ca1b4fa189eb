import { Problem, systemCodeOf } from "@opendepot/base";

/**
 * What a call may end with, besides the problem codes that the server itself names in its answer:
 * Connect's own codes, with `api_` in front, where the server names none.
 */
export type ApiProblemCode = "api_unreachable" | "api_timeout" | "api_answer_invalid" | `api_${string}`;

export function apiUnreachable(url: URL, cause: unknown): Problem<ApiProblemCode> {
  const reason = systemCodeOf(cause) === "ECONNREFUSED" ? "connection refused" : String((cause as Error).message);
  return new Problem("api_unreachable", `cannot reach the server at ${url.origin}: ${reason}`, {
    cause,
    hint: "start it with depot-server start, or set DEPOT_API_URL to where it runs",
    detail: { url: url.origin },
  });
}

export function apiTimeout(url: URL, timeoutMs: number): Problem<ApiProblemCode> {
  return new Problem("api_timeout", `the server at ${url.origin} did not answer within ${timeoutMs / 1000} s`, {
    hint: "check the server with depot-server status, then try again",
    detail: { url: url.origin },
  });
}

export function apiAnswerInvalid(url: URL, status: number, cause?: unknown): Problem<ApiProblemCode> {
  return new Problem("api_answer_invalid", `${url.origin} answered HTTP ${status} and nothing that we understand`, {
    cause,
    hint: "check that DEPOT_API_URL names a depot-server and that no proxy answers in its place",
    detail: { url: url.origin, status },
  });
}
