import { isProblem, type Problem } from "@opendepot/base";
import type { BlobProblemCode } from "../blobs/problems.ts";
import type { RegistryProblemCode } from "../problems.ts";

/** A status with a code of OCI distribution-spec v1.1, "Error Codes". */
type Answer = readonly [status: number, code: string];

const ANSWERS: Readonly<Record<RegistryProblemCode | BlobProblemCode, Answer>> = {
  name_invalid: [400, "NAME_INVALID"],
  name_unknown: [404, "NAME_UNKNOWN"],
  tag_invalid: [400, "MANIFEST_INVALID"],
  digest_invalid: [400, "DIGEST_INVALID"],
  digest_mismatch: [400, "DIGEST_INVALID"],
  blob_unknown: [404, "BLOB_UNKNOWN"],
  blob_missing: [404, "BLOB_UNKNOWN"],
  blob_in_use: [405, "UNSUPPORTED"],
  blob_too_large: [413, "SIZE_INVALID"],
  upload_unknown: [404, "BLOB_UPLOAD_UNKNOWN"],
  upload_missing: [404, "BLOB_UPLOAD_UNKNOWN"],
  upload_id_invalid: [404, "BLOB_UPLOAD_UNKNOWN"],
  upload_offset_wrong: [416, "BLOB_UPLOAD_INVALID"],
  upload_range_invalid: [400, "BLOB_UPLOAD_INVALID"],
  upload_size_wrong: [400, "SIZE_INVALID"],
  upload_busy: [409, "BLOB_UPLOAD_INVALID"],
  upload_too_large: [413, "SIZE_INVALID"],
  range_unsatisfiable: [416, "SIZE_INVALID"],
  manifest_unknown: [404, "MANIFEST_UNKNOWN"],
  manifest_invalid: [400, "MANIFEST_INVALID"],
  manifest_too_large: [413, "SIZE_INVALID"],
  manifest_blob_unknown: [400, "MANIFEST_BLOB_UNKNOWN"],
  page_invalid: [400, "UNSUPPORTED"],
  page_token_invalid: [400, "UNSUPPORTED"],
  credentials_missing: [401, "UNAUTHORIZED"],
  credentials_wrong: [401, "UNAUTHORIZED"],
  scope_insufficient: [401, "DENIED"],
  not_permitted: [403, "DENIED"],
  token_request_invalid: [400, "UNSUPPORTED"],
  request_invalid: [400, "UNSUPPORTED"],
  path_unknown: [404, "UNSUPPORTED"],
  method_unsupported: [405, "UNSUPPORTED"],
  too_many_uploads: [429, "TOOMANYREQUESTS"],
  client_too_slow: [408, "BLOB_UPLOAD_INVALID"],
  upstream_denied: [403, "DENIED"],
  upstream_rate_limited: [429, "TOOMANYREQUESTS"],
  upstream_unreachable: [502, "UNKNOWN"],
  store_full: [507, "UNKNOWN"],
  store_unreachable: [503, "UNKNOWN"],
  registry_closing: [503, "UNKNOWN"],
  listen_failed: [500, "UNKNOWN"],
  schema_too_new: [500, "UNKNOWN"],
  schema_changed: [500, "UNKNOWN"],
};

/** The one place where problems become answers of a registry. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly errors: readonly [{ readonly code: string; readonly message: string; readonly detail?: unknown }];
  };
  /** Neither a problem of ours nor the client's doing: it belongs into the log. */
  readonly isBug: boolean;
}

/**
 * The answer for anything thrown. A database that does not answer is 503: trying again helps.
 */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  const answer = isProblem(error) ? answerOf(error) : undefined;
  if (isProblem(error) && answer) {
    const { message, hint, detail } = error;
    const [status, code] = answer;
    // What a store says of itself, such as folders, is for the log.
    const isInside = status >= 500 && status !== 502;
    const words = isInside ? insideWords(status) : hint === undefined ? message : `${message}; ${hint}`;
    const more = isInside || Object.keys(detail).length === 0 ? {} : { detail };
    return { status, body: { errors: [{ code, message: words, ...more }] }, isBug: isInside };
  }
  const status = isDatabaseGone(error) ? 503 : 500;
  return { status, body: { errors: [{ code: "UNKNOWN", message: insideWords(status) }] }, isBug: true };
}

function answerOf(problem: Problem): Answer | undefined {
  return Object.hasOwn(ANSWERS, problem.code) ? ANSWERS[problem.code as RegistryProblemCode] : undefined;
}

function insideWords(status: number): string {
  if (status === 507)
    return "the registry has no space left; free some, then push again: uploads go on where they were";
  if (status === 503) return "the registry cannot be reached for the moment; try again";
  return "internal error; the log of the registry says more";
}

const CONNECTION_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "ENOTFOUND"]);
/** PostgreSQL's classes 08 (connection), 3D (no such database), 53 (resources), 57 (operator), and 55000: none let in. */
const SQL_STATE = /^(?:08|3D|53|57|55000)/;
/** What pg says where there is no code. */
const DATABASE_GONE = /connection terminated|not queryable|timeout exceeded when trying to connect|query read timeout/i;

function isDatabaseGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (CONNECTION_CODES.has(code) || SQL_STATE.test(code)) return true;
  return DATABASE_GONE.test(error.message);
}
