import { isProblem, messageOf } from "@opendepot/base";
import { storeFull, storeUnreachable } from "../problems.ts";

/** What the store has no room for. The names differ between servers. */
const FULL =
  /^(?:QuotaExceeded|EntityTooLargeForQuota|InsufficientStorage|StorageFull|XMinioStorageFull|.*StorageExhausted|NoSpaceLeft.*)$/i;

/** What S3 said, as far as it matters here. */
interface Answer {
  readonly name: string;
  readonly status: number | undefined;
}

function answerOf(error: unknown): Answer | undefined {
  if (!(error instanceof Error)) return undefined;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, status: $metadata?.httpStatusCode };
}

/** No such object; of a HEAD there is only the status. */
export function isMissing(error: unknown): boolean {
  const answer = answerOf(error);
  return answer !== undefined && (answer.name === "NoSuchKey" || answer.name === "NotFound");
}

/** No such multipart upload: completed, aborted, or never there. */
export function isUploadGone(error: unknown): boolean {
  return answerOf(error)?.name === "NoSuchUpload";
}

/** A part that is not the one we sent: somebody else has written to the multipart upload. */
export function isPartChanged(error: unknown): boolean {
  const name = answerOf(error)?.name;
  return name === "InvalidPart" || name === "InvalidPartOrder" || name === "EntityTooSmall";
}

/** `If-Match` or `If-None-Match` did not hold, or somebody else writes the object at the same time. */
export function isConditionFailed(error: unknown): boolean {
  const answer = answerOf(error);
  return answer?.status === 412 || answer?.name === "ConditionalRequestConflict";
}

/** A range that begins behind the end. */
export function isRangeBehind(error: unknown): boolean {
  return answerOf(error)?.status === 416;
}

/** Turns what the caller has not expected into a problem. */
export function translate(place: string, error: unknown): unknown {
  if (isProblem(error)) return error;
  const answer = answerOf(error);
  if (answer && (answer.status === 507 || FULL.test(answer.name))) return storeFull(place, error);
  const status = answer?.status === undefined ? "" : ` (${answer.name}, status ${answer.status})`;
  return storeUnreachable(place, new Error(`${messageOf(error)}${status}`, { cause: error }));
}
