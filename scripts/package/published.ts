/**
 * The packages that are handed to others, by the names of their folders. The rest of the workspace stays private: it is
 * the inside of the two programs.
 */
export const PUBLISHED: readonly string[] = [
  "bake",
  "base",
  "buildflags",
  "buildkit",
  "compose",
  "docker",
  "hcl",
  "oci",
  "registry",
  "registry-client",
];

/** A subpath that is for tests and therefore not handed out. */
export const TESTING_SUBPATH = "./testing";
