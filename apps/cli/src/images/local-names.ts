import { type NormalizedReference, parseNormalizedReference, withDefaultTag } from "@opendepot/oci";
import type { SavedImage } from "./find-images.ts";

/** What names are chosen by. */
export interface NameChoice {
  /** `--tag` values. */
  readonly tags: readonly string[];
  /** Whether several targets are pulled: then each has its name behind the tags. */
  readonly isOneOfSeveral: boolean;
}

/**
 * The names of an image in the local Docker: its place in the registry, and the tags that were asked for or, without
 * any, those that its build gave it.
 */
export function localNames(
  { reference, tags: own, target }: Pick<SavedImage, "reference" | "tags" | "target">,
  { tags, isOneOfSeveral }: NameChoice,
): readonly [NormalizedReference, ...NormalizedReference[]] {
  const suffix = isOneOfSeveral && target !== undefined ? `-${target}` : "";
  const given = tags.length > 0 ? tags.map((tag) => `${tag}${suffix}`) : own;
  return [reference, ...given.map((tag) => withDefaultTag(parseNormalizedReference(tag)))];
}
