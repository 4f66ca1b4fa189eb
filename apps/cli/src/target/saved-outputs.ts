import { parseNormalizedReference } from "@opendepot/oci";
import { isTrue, type Output } from "./outputs.ts";

type ImageOutput = Output & { readonly kind: "image" };

/**
 * The outputs of a target whose image is saved under `names`: beside its own names where it is pushed there too, in
 * their place where it is not, as in the hosted product.
 */
export function withSavedNames(outputs: readonly Output[], names: readonly string[]): Output[] {
  const index = outputs.findIndex(({ kind }) => kind === "image");
  return outputs.map((output, at) => (at === index && output.kind === "image" ? saved(output, names) : output));
}

function saved({ attributes, ...rest }: ImageOutput, names: readonly string[]): ImageOutput {
  const isPushed = isTrue(attributes["push"]);
  const own = isPushed ? (attributes["name"] ?? "").split(",").filter((name) => name !== "") : [];
  const all = [...new Set([...own, ...names])];
  return { ...rest, attributes: { unpack: "false", ...attributes, name: all.join(","), push: "true" } };
}

/** The names of one of several targets: the hosted product adds the target's name to the tag. */
export function namesOfTarget(names: readonly string[], target: string): string[] {
  return names.map((name) => `${name}-${target}`);
}

/** The registries that names are in, each once. */
export function hostsOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => parseNormalizedReference(name).domain))];
}
