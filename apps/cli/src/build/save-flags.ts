import type { Invocation } from "@opendepot/command";

/**
 * `--save` and `--save-tag`: the tags beside the build's id, or undefined where nothing is saved. A tag alone asks for
 * saving too; `--save=false` goes before it.
 */
export function resolveSaveTags(invocation: Invocation): readonly string[] | undefined {
  const tags = [...new Set(invocation.list("save-tag").filter((tag) => tag !== ""))];
  const isSaved = invocation.has("save") ? invocation.switch("save") : tags.length > 0;
  return isSaved ? tags : undefined;
}
