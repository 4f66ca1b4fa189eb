import type { BuildkitClient } from "@opendepot/buildkit";
import { parseDigest } from "@opendepot/oci";
import { type Environment, variable } from "../cli-context.ts";
import { readBlob } from "./read-blob.ts";

/** How much of the provenance goes into the metadata file: `BUILDX_METADATA_PROVENANCE`. */
export type MetadataProvenance = "min" | "max" | "disabled";

/** Reads `BUILDX_METADATA_PROVENANCE`; anything that it does not know means the default, `min`. */
export function metadataProvenance(environment: Environment): MetadataProvenance {
  const value = variable(environment, "BUILDX_METADATA_PROVENANCE")?.toLowerCase() ?? "";
  if (value === "max") return "max";
  return value === "disabled" || ["0", "f", "false"].includes(value) ? "disabled" : "min";
}

/** A solve whose provenance is asked for. */
export interface SolvedRef {
  readonly client: BuildkitClient;
  readonly ref: string;
  readonly mode: MetadataProvenance;
  readonly signal: AbortSignal;
}

const PREDICATE_TYPE = "in-toto.io/predicate-type";
const PROVENANCE = "https://slsa.dev/provenance/";

/**
 * What the engine's record says of a solve's provenance, by the keys that buildx gives it in the metadata file: base64 of
 * a predicate as SLSA 0.2 has it. buildx: build/provenance.go.
 */
export async function readProvenance({ client, ref, mode, signal }: SolvedRef): Promise<Record<string, string>> {
  if (mode === "disabled") return {};
  const record = await client.buildRecord(ref, { signal });
  if (record === undefined) return {};
  const results = Object.entries(record.results);
  const all = results.length > 0 ? results : record.result ? [["", record.result] as const] : [];
  const found = all.map(async ([platform, { attestations }]) => {
    const descriptor = attestations.find(({ annotations }) => annotations[PREDICATE_TYPE]?.startsWith(PROVENANCE));
    if (descriptor === undefined) return undefined;
    const blob = { digest: parseDigest(descriptor.digest), size: Number(descriptor.size) };
    const statement: unknown = JSON.parse(Buffer.from(await readBlob(client, blob, signal)).toString("utf8"));
    const predicate = trim(toSlsa02(statement), mode);
    const encoded = Buffer.from(JSON.stringify(predicate)).toString("base64");
    return [platform === "" ? KEY : `${KEY}/${platform}`, encoded] as const;
  });
  return Object.fromEntries((await Promise.all(found)).filter((entry) => entry !== undefined));
}

const KEY = "buildx.build.provenance";

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? (value as JsonObject) : {};
}

/** A predicate of SLSA 1 in the words of 0.2; others as they are. BuildKit: solver/llbsolver/provenance/types. */
function toSlsa02(value: unknown): JsonObject {
  const predicate = objectOf(value);
  if (predicate["buildDefinition"] === undefined) return predicate;
  const definition = objectOf(predicate["buildDefinition"]);
  const external = objectOf(definition["externalParameters"]);
  const internal = objectOf(definition["internalParameters"]);
  const details = objectOf(predicate["runDetails"]);
  const { uri, digest, path } = objectOf(external["configSource"]);
  return {
    builder: details["builder"],
    buildType: "https://mobyproject.org/buildkit@v1",
    materials: definition["resolvedDependencies"],
    invocation: {
      configSource: { uri, digest, entryPoint: path },
      parameters: external["request"],
      environment: { platform: internal["builderPlatform"] },
    },
    buildConfig: internal["buildConfig"],
    metadata: details["metadata"],
  };
}

/** The least that is worth telling: without the definition of the build and its times. */
function trim(predicate: JsonObject, mode: MetadataProvenance): JsonObject {
  if (mode === "max") return predicate;
  const { buildConfig: _config, metadata: _metadata, ...rest } = predicate;
  return rest;
}
