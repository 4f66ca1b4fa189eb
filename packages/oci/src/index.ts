export { type Descriptor, readDescriptor, toJsonDescriptor } from "./descriptor.ts";
export { type Digest, digestOf, isDigest, parseDigest, splitDigest } from "./digest.ts";
export {
  type EncodedManifest,
  type Index,
  type IndexOptions,
  MAX_MANIFEST_BYTES,
  type Manifest,
  makeIndex,
  parseIndex,
  parseManifest,
} from "./manifest.ts";
export { isIndexType, isManifestType, MediaType } from "./media-types.ts";
export {
  formatPlatform,
  type HostNames,
  hostPlatform,
  isSamePlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
} from "./platform.ts";
export type { OciProblemCode } from "./problems.ts";
export {
  formatFamiliar,
  formatReference,
  type NormalizedReference,
  parseNormalizedReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "./reference.ts";
