import { type Descriptor, readDescriptor } from "@opendepot/oci";
import type { PartResult } from "./solve-part.ts";

/** The descriptor of the image that a part became; undefined when it became none. */
export function descriptorOf({ exporterResponse }: Pick<PartResult, "exporterResponse">): Descriptor | undefined {
  const encoded = exporterResponse["containerimage.descriptor"];
  if (!encoded) return undefined;
  return readDescriptor(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")), "the builder's image");
}
