import { isProblem, systemCodeOf } from "@opendepot/base";
import { storeFull, storeUnreachable } from "../problems.ts";

/**
 * Runs file work. What the system says of the place becomes a problem: a full disk or quota `store_full`, all else
 * (missing, unwritable, stale, broken) `store_unreachable`. Problems and the signal's reason pass through.
 */
export async function onDisk<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(place, error);
  }
}

/** The same for what is listed. */
export async function* eachOnDisk<T>(place: string, items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    throw translate(place, error);
  }
}

/** Tells what a system error means for the store; anything else stays as it is. */
function translate(place: string, error: unknown): unknown {
  if (isProblem(error) || !isSystemError(error)) return error;
  const code = systemCodeOf(error);
  return code === "ENOSPC" || code === "EDQUOT" ? storeFull(place, error) : storeUnreachable(place, error);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "errno" in error;
}

/** Passes on what `work` brings, or undefined where there is no such file or folder. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
