const brand = Symbol.for("@opendepot/problem");

/** What may accompany a {@link Problem}. */
export interface ProblemOptions {
  /** What the person should do next, as one short sentence without a full stop. */
  readonly hint?: string | undefined;
  /** Facts for programs: plain JSON values, never secrets. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * Something a person or a caller can act on. Any other `Error` is a bug and keeps its stack.
 *
 * Callers and tests look at `code`, never at the text of `message`. The message is lower case
 * and names the value in question; the hint says what to do next. Neither ever holds a
 * token, a credential or a secret value.
 */
export class Problem<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Problem";
    Object.defineProperty(this, brand, { value: true });
    this.code = code;
    this.hint = options.hint;
    this.detail = options.detail ?? {};
  }
}

/**
 * Tells whether `value` is a {@link Problem}, also one made by another copy of this package,
 * and, with `code`, whether it is that one.
 */
export function isProblem<Code extends string = string>(value: unknown, code?: Code): value is Problem<Code> {
  if (typeof value !== "object" || value === null || !(brand in value)) return false;
  return code === undefined || (value as { code?: unknown }).code === code;
}

/** The text of anything thrown, for a message that wraps it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node.js system error (`ENOENT`, `ECONNREFUSED`…), or undefined. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Marks a place that the types say is never reached. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
