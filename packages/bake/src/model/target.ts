import type { Attestation, CacheEntry, Output, Policy, Resources, SecretSource, SshAgent } from "@opendepot/buildflags";

/** Keys with values; a null stands for a key that was written without one and is dropped when targets are merged. */
export type NullableTexts = ReadonlyMap<string, string | null>;

/**
 * What a target block can say, under the names of the language: buildx v0.36 bake `Target`. What is absent was not
 * said, or was `null`.
 */
export interface TargetFields {
  readonly inherits?: readonly string[] | undefined;
  readonly annotations?: readonly string[] | undefined;
  readonly attest?: readonly Attestation[] | undefined;
  readonly context?: string | undefined;
  readonly contexts?: ReadonlyMap<string, string> | undefined;
  readonly dockerfile?: string | undefined;
  readonly "dockerfile-inline"?: string | undefined;
  readonly args?: NullableTexts | undefined;
  readonly labels?: NullableTexts | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly "cache-from"?: readonly CacheEntry[] | undefined;
  readonly "cache-to"?: readonly CacheEntry[] | undefined;
  readonly target?: string | undefined;
  readonly secret?: readonly SecretSource[] | undefined;
  readonly ssh?: readonly SshAgent[] | undefined;
  readonly platforms?: readonly string[] | undefined;
  readonly output?: readonly Output[] | undefined;
  readonly pull?: boolean | undefined;
  readonly "no-cache"?: boolean | undefined;
  readonly network?: string | undefined;
  readonly "no-cache-filter"?: readonly string[] | undefined;
  readonly "shm-size"?: string | undefined;
  readonly ulimits?: readonly string[] | undefined;
  readonly resources?: Resources | undefined;
  readonly call?: string | undefined;
  readonly entitlements?: readonly string[] | undefined;
  readonly "extra-hosts"?: NullableTexts | undefined;
  readonly policy?: readonly Policy[] | undefined;
  /** The project that the target is built in; ours, not buildx's. */
  readonly project_id?: string | undefined;
}

/** One thing to build. */
export interface Target extends TargetFields {
  readonly name: string;
  /** Empty when there is none. */
  readonly description: string;
  /** Built only because another target's context names it. */
  readonly isLinked?: boolean | undefined;
  /** Where relative contexts start, when they are relative to the files that name them. */
  readonly base?: ContextBase | undefined;
}

/** The folders of the files that set a target's contexts, for `BUILDX_BAKE_FILE_RELATIVE_PATHS`. */
export interface ContextBase {
  /** Of the file that has the target; applies when nobody sets a context. */
  readonly fallback?: string | undefined;
  /** Whether the fallback is to be applied. */
  readonly isFallbackUsed?: boolean | undefined;
  /** Of the file that set the context. */
  readonly context?: string | undefined;
  /** The target whose context was referred to, when it was. */
  readonly reference?: string | undefined;
  /** Of the files that set additional contexts. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** A name for several targets and groups. */
export interface Group {
  readonly name: string;
  /** Empty when there is none. */
  readonly description: string;
  /** Undefined when the file says `null`. */
  readonly targets: readonly string[] | undefined;
}

/** All that the files define, in the order of the files. */
export interface Definition {
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
}
