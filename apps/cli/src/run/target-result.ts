import type { SolveResult } from "@opendepot/buildkit";
import { type Descriptor, readDescriptor } from "@opendepot/oci";

/** The descriptor of the image that a solve made; undefined when it made none. */
export function descriptorOf({ exporterResponse }: Pick<SolveResult, "exporterResponse">): Descriptor | undefined {
  const encoded = exporterResponse["containerimage.descriptor"];
  if (!encoded) return undefined;
  return readDescriptor(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")), "the builder's image");
}
