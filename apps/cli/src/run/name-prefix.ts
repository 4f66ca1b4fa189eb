import type { StatusSink } from "@opendepot/buildkit";

/** Shows the steps of a target with its name: `[app 1/2] RUN …`. buildx: util/progress `WithPrefix`. */
export function withTargetName(display: StatusSink, name: string): StatusSink {
  const prefixed = (step: string): string => (step.startsWith("[") ? `[${name} ${step.slice(1)}` : `[${name}] ${step}`);
  return {
    update: (status) =>
      display.update({
        ...status,
        vertexes: status.vertexes.map((vertex) => ({ ...vertex, name: prefixed(vertex.name) })),
      }),
  };
}
