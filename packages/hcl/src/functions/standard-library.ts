import type { LanguageFunction } from "./function.ts";

/** What the functions see of the outside world. */
export interface FunctionEnvironment {
  /** Now, in milliseconds since 1970, for `timestamp`. */
  readonly now: () => number;
  /** The user's home directory, for `homedir`. */
  readonly homeDirectory: () => string;
  /** So many random bytes, for `uuidv4` and `bcrypt`. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** The functions of `docker buildx bake` v0.36 by name: its `bake/hclparser/stdlib.go`. */
export function createStandardLibrary(environment: FunctionEnvironment): ReadonlyMap<string, LanguageFunction> {
  throw new Error(`to come: ${environment.now()}`);
}
