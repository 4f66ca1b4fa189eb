import { Problem } from "@opendepot/base";

const DETAIL_TYPE = "opendepot.v1.ProblemDetail";

/**
 * Reads Connect's error object; undefined when it is none. Connect carries details as protobuf with a JSON copy in
 * `debug`; ours is read from there. Source: connectrpc.com/docs/protocol, error end-stream.
 */
export function readProblem(json: unknown): Problem | undefined {
  if (!isRecord(json) || typeof json["code"] !== "string") return undefined;
  const message = typeof json["message"] === "string" && json["message"] !== "" ? json["message"] : json["code"];
  const detail = findDetail(json["details"]);
  const code = text(detail?.["code"]) ?? `api_${json["code"]}`;
  return new Problem(code, message, { hint: text(detail?.["hint"]), detail: { connectCode: json["code"] } });
}

function findDetail(details: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(details)) return undefined;
  const found: unknown = details.find((detail) => isRecord(detail) && detail["type"] === DETAIL_TYPE);
  return isRecord(found) && isRecord(found["debug"]) ? found["debug"] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
