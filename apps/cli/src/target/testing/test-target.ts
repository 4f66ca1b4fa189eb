import type { Target } from "../target.ts";

/** A target that asks for nothing but a Dockerfile in `/src/docker` for the context `/src/app`, and `parts`. */
export function createTestTarget(parts: Partial<Target> = {}): Target {
  return {
    name: "default",
    context: {
      source: { kind: "folder", path: "/src/app" },
      dockerfile: { kind: "file", folder: "/src/docker", name: "app.Dockerfile" },
      named: {},
    },
    tags: [],
    buildArgs: {},
    labels: {},
    noCache: [],
    isPullForced: false,
    secrets: [],
    ssh: [],
    extraHosts: "",
    network: "default",
    ulimits: "",
    resources: {},
    platforms: [],
    outputs: [],
    isOutputNamed: false,
    attests: {},
    cacheFrom: [],
    cacheTo: [],
    entitlements: [],
    ...parts,
  };
}
