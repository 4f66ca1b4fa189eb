import type { CachePolicy } from "../provider.ts";

/** A rule of BuildKit's garbage collection, in the terms that both engines share. */
export interface GcRule {
  /** Only what was not used for this many hours. */
  readonly unusedHours?: number;
  /** Collects until no more than this is used. */
  readonly maxUsedBytes?: number;
  /** Never collects below this. */
  readonly reservedBytes?: number;
  /** Collects until this much of the disk is free. */
  readonly minFreeBytes?: number;
}

/**
 * The rules for a cache policy, in the order in which they apply: age first, then size.
 * All of them cover every kind of record, also shared and internal ones: the policy is the project's whole budget.
 *
 * A tenth of the budget is kept even when the disk runs low, so that one project's flood does not cost every
 * other project its whole cache. BuildKit: `cache/manager.go`, `calculateKeepBytes`.
 */
export function gcRules(policy: CachePolicy, minFreeBytes: number): readonly GcRule[] {
  const bySize: GcRule = {
    maxUsedBytes: policy.keepBytes,
    reservedBytes: Math.max(1, Math.floor(policy.keepBytes / 10)),
    minFreeBytes,
  };
  return policy.keepDays > 0 ? [{ unusedHours: policy.keepDays * 24 }, bySize] : [bySize];
}
