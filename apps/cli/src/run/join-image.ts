import type { CredentialStore } from "@opendepot/buildkit";
import {
  type Descriptor,
  isIndexType,
  makeIndex,
  parseIndex,
  parseNormalizedReference,
  withDefaultTag,
} from "@opendepot/oci";
import { openRegistry } from "@opendepot/registry-client";
import { isTrue } from "../target/outputs.ts";
import { asStep } from "./builders.ts";
import { readBlob } from "./read-blob.ts";
import type { RunningBuild } from "./run-build.ts";
import { schemeOf } from "./saving.ts";
import type { PartResult } from "./solve-part.ts";
import { descriptorOf } from "./target-result.ts";

/** Parts of an image that were pushed by their digests. */
export interface ImageJoin {
  readonly results: readonly PartResult[];
  /** Those of the pushing exporter; `name` has the image's names, `annotation-index.…` its annotations. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly credentials: CredentialStore;
  readonly build: RunningBuild;
}

/**
 * Joins the parts of an image into one index and pushes it under the image's names: buildx build/build.go, "merging
 * manifest list".
 *
 * @returns the descriptor of the index
 * @throws {Problem} those of `@opendepot/registry-client`
 */
export async function joinImage({ results, attributes, credentials, build }: ImageJoin): Promise<Descriptor> {
  const names = (attributes["name"] ?? "").split(",").map((name) => withDefaultTag(parseNormalizedReference(name)));
  return await asStep(build.record, `merging manifest list ${attributes["name"] ?? ""}`, async () => {
    const children = await Promise.all(results.map((result) => childrenOf(result, build.signal)));
    const annotations = indexAnnotations(attributes);
    const index = makeIndex(children.flat(), Object.keys(annotations).length > 0 ? { annotations } : {});
    const { saving } = build.lease;
    for (const reference of names) {
      await using repository = await openRegistry({
        reference,
        access: "push",
        isInsecure: isTrue(attributes["registry.insecure"]),
        scheme: saving && schemeOf(reference, saving.serverUrl),
        credentials: { lookup: (host) => credentials.get(host) },
        signal: build.signal,
      });
      const { mediaType } = index.descriptor;
      await repository.putManifest(reference.tag ?? "latest", mediaType, index.bytes, { signal: build.signal });
    }
    return index.descriptor;
  });
}

/** The manifests of a part: those of its index with their attestations, or the only one. */
async function childrenOf(result: PartResult, signal: AbortSignal): Promise<readonly Descriptor[]> {
  const descriptor = descriptorOf(result);
  if (descriptor === undefined) throw new Error("a part was to be joined that made no image");
  if (!isIndexType(descriptor.mediaType)) return [descriptor];
  return parseIndex(await readBlob(result.client, descriptor, signal), descriptor.mediaType).manifests;
}

const INDEX_ANNOTATION = "annotation-index.";

function indexAnnotations(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(attributes).filter(([key]) => key.startsWith(INDEX_ANNOTATION));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(INDEX_ANNOTATION.length), value]));
}
