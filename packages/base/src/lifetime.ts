/**
 * Waits for something that is being opened, unless `signal` aborts first.
 * What arrives after the abort is disposed of, so that nothing leaks.
 *
 * @throws the signal's reason on abort
 */
export async function acquireOr<T extends AsyncDisposable>(acquiring: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await abortable(acquiring, signal);
  } catch (reason) {
    acquiring.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
    throw reason;
  }
}

/** `promise`, or the signal's reason when it aborts first. The promise's own late failure is swallowed. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } catch (reason) {
    promise.catch(() => undefined);
    throw reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Calls `listener` with the reason once, at once when `signal` has already aborted. Disposing takes it back. */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): Disposable {
  const call = (): void => listener(signal?.reason);
  if (signal?.aborted) call();
  else signal?.addEventListener("abort", call, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", call) };
}

/** Joins the given signals; missing ones are left out. */
export function anySignal(...signals: ReadonlyArray<AbortSignal | undefined>): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/**
 * Runs `work` with a signal that aborts with `makeReason()` after `timeoutMs`, or when `signal` does.
 * `work` must heed the signal; its result is what it returns.
 */
export async function withTimeout<T>(
  timeoutMs: number,
  makeReason: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(makeReason()), timeoutMs);
  const joined = anySignal(limit.signal, signal);
  try {
    return await abortable(work(joined), joined);
  } finally {
    clearTimeout(timer);
  }
}
