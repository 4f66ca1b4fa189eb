import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "@opendepot/oci";
import { metadataProvenance, readProvenance } from "./provenance.ts";

const slsa1 = {
  buildDefinition: {
    externalParameters: { configSource: { path: "Dockerfile" }, request: { frontend: "dockerfile.v0" } },
    internalParameters: { buildConfig: { llb: [] }, builderPlatform: "linux/amd64" },
    resolvedDependencies: [{ uri: "pkg:docker/alpine" }],
  },
  runDetails: { builder: { id: "b" }, metadata: { startedOn: "now" } },
};

/** A builder with one solve, whose provenance is `predicate`. */
function builderWith(predicate: unknown, platform: string): Parameters<typeof readProvenance>[0]["client"] {
  const blob = Buffer.from(JSON.stringify(predicate));
  const digest = digestOf(blob);
  const annotations = { "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1" };
  const result = { attestations: [{ mediaType: "", digest, size: BigInt(blob.length), annotations }], results: {} };
  const record = platform === "" ? { result, results: {} } : { result: undefined, results: { [platform]: result } };
  return {
    buildRecord: async () => record,
    readContent: async function* () {
      yield blob;
    },
  } as never;
}

async function read(mode: "min" | "max" | "disabled", platform = ""): Promise<Record<string, unknown>> {
  const client = builderWith(slsa1, platform);
  const found = await readProvenance({ client, ref: "r", mode, signal: new AbortController().signal });
  return Object.fromEntries(
    Object.entries(found).map(([key, value]) => [key, JSON.parse(Buffer.from(value, "base64").toString())]),
  );
}

test("provenance is told in the words of SLSA 0.2, the least of it unless all was asked for", async () => {
  const least = {
    builder: { id: "b" },
    buildType: "https://mobyproject.org/buildkit@v1",
    materials: [{ uri: "pkg:docker/alpine" }],
    invocation: {
      configSource: { entryPoint: "Dockerfile" },
      parameters: { frontend: "dockerfile.v0" },
      environment: { platform: "linux/amd64" },
    },
  };

  assert.deepEqual(await read("min"), { "buildx.build.provenance": least });
  assert.deepEqual(await read("max", "linux/amd64"), {
    "buildx.build.provenance/linux/amd64": { ...least, buildConfig: { llb: [] }, metadata: { startedOn: "now" } },
  });
  assert.deepEqual(await read("disabled"), {});
});

test("BUILDX_METADATA_PROVENANCE chooses how much", () => {
  const modes = ["", "max", "min", "disabled", "0", "false", "nonsense"].map((value) =>
    metadataProvenance({ BUILDX_METADATA_PROVENANCE: value }),
  );
  assert.deepEqual(modes, ["min", "max", "min", "disabled", "disabled", "disabled", "min"]);
});
