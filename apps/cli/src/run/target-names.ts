import type { StatusSink } from "@opendepot/buildkit";

/**
 * Shows the steps of several targets with the targets' names: `[app 1/2] RUN …`. A step that several targets share has
 * the name of the first that told of it. buildx: util/progress `WithPrefix`.
 */
export class TargetNames {
  readonly #shown = new Map<string, string>();

  /** What a target's steps are told to, on their way to `display`. */
  prefix(display: StatusSink, target: string): StatusSink {
    return {
      update: (status) =>
        display.update({
          ...status,
          vertexes: status.vertexes.map((vertex) => ({ ...vertex, name: this.#nameOf(vertex, target) })),
        }),
    };
  }

  #nameOf({ digest, name }: { readonly digest: string; readonly name: string }, target: string): string {
    const owner = this.#shown.get(digest) ?? target;
    this.#shown.set(digest, owner);
    return name.startsWith("[") ? `[${owner} ${name.slice(1)}` : `[${owner}] ${name}`;
  }
}
