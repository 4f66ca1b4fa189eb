import type { Output } from "@opendepot/buildflags";

type Outputs = readonly Output[] | undefined;

/** What `push=true` and `push=false` make of a target's outputs: buildx v0.36 bake `setPushOverride`. */
export function withPush(outputs: Outputs, isPushed: boolean): Outputs {
  const kept = isPushed ? outputs : withoutRegistries(outputs);
  const changed = kept?.map((output) => {
    if (output.type !== "image") return output;
    return { ...output, attributes: new Map(output.attributes).set("push", String(isPushed)) };
  });
  const isAnyOther = (changed ?? []).some(({ type }) => type !== "docker");
  if (!isPushed || isAnyOther) return changed;
  return [...(changed ?? []), { type: "image", dest: "", attributes: new Map([["push", "true"]]) }];
}

/** Each registry output changes places with the last one, which is then cut off. */
function withoutRegistries(outputs: Outputs): Outputs {
  if (outputs === undefined) return undefined;
  const kept = [...outputs];
  for (let at = 0; at < kept.length; ) {
    if (kept[at]?.type !== "registry") at++;
    else {
      kept[at] = kept[kept.length - 1] as Output;
      kept.pop();
    }
  }
  return kept;
}

/** What `load=true` makes of a target's outputs: buildx v0.36 bake `setLoadOverride`. */
export function withLoad(outputs: Outputs, isLoaded: boolean): Outputs {
  if (!isLoaded) return outputs;
  for (const { type, dest } of outputs ?? []) {
    if (type === "docker" ? dest === "" : !["image", "registry", "oci"].includes(type)) return outputs;
  }
  return [...(outputs ?? []), { type: "docker", dest: "", attributes: new Map() }];
}
