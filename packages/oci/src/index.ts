export { type Digest, isDigest, parseDigest, splitDigest } from "./digest.ts";
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
