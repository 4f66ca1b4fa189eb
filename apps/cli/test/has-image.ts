import type { TestRegistry } from "@opendepot/testing";

const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Whether a registry has an image of any kind under `repository:tag`. */
export async function hasImage({ url }: TestRegistry, repository: string, tag = "1"): Promise<boolean> {
  const headers = { accept: MANIFESTS.join(", ") };
  const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { headers });
  await response.arrayBuffer();
  return response.ok;
}
