import type { BuildOptionsJson } from "@opendepot/api";
import type { Target } from "../target/target.ts";

/** What is said of a target beside itself. */
export interface OptionsAround {
  readonly command: "COMMAND_BUILD" | "COMMAND_BAKE";
  /** The tags under which its image is saved beside the build's id; undefined: it is not saved. */
  readonly saveTags?: readonly string[] | undefined;
}

/** What the server is told of a target that is going to be built. */
export function toBuildOptions(
  { name, outputs, tags, stage }: Target,
  { command, saveTags }: OptionsAround,
): BuildOptionsJson {
  const images = outputs.filter(({ kind }) => kind === "image");
  const targetName = command === "COMMAND_BAKE" ? name : stage;
  return {
    command,
    tags: [...tags],
    outputs: outputs.map((output) => ({
      kind: output.kind === "files" ? output.exporter : output.kind === "load" ? "docker" : "image",
      attributes: { ...output.attributes },
    })),
    push: images.some(({ attributes }) => attributes["push"] === "true"),
    load: outputs.some(({ kind }) => kind === "load"),
    ...(targetName === undefined ? {} : { targetName }),
    ...(saveTags === undefined ? {} : { save: true, saveTags: [...saveTags] }),
  };
}
