import type { BuildFlag } from "../build/flags.ts";

const SAVE = "images are not saved in a registry";

/** Every flag that `docker buildx bake` and the hosted product's `depot bake` know. */
export const bakeFlags: readonly BuildFlag[] = [
  {
    name: "allow",
    kind: "list",
    summary: 'Allow the build to use what it asks for ("network.host", "security.insecure", "fs.read=PATH", …)',
  },
  {
    name: "build-platform",
    kind: "text",
    default: "dynamic",
    summary: 'Build all platforms on this builder ("dynamic", "linux/amd64", "linux/arm64")',
  },
  {
    name: "call",
    kind: "text",
    default: "build",
    summary: 'Ask the Dockerfiles something ("check", "outline", "targets")',
  },
  { name: "check", kind: "switch", summary: 'Shorthand for "--call=check"' },
  { name: "file", short: "f", kind: "list", summary: "Bake or compose file; may be repeated" },
  { name: "lint", kind: "switch", summary: "Check the Dockerfiles before the build" },
  {
    name: "lint-fail-on",
    kind: "text",
    default: "error",
    summary: 'Severity of findings that fail the build ("info", "warn", "error", "none")',
  },
  { name: "list", kind: "text", summary: 'List targets or variables ("targets", "type=variables,format=json")' },
  {
    name: "load",
    kind: "switch",
    summary: 'Load images into the local Docker: shorthand for "--set=*.output=type=docker"',
  },
  { name: "metadata-file", kind: "text", summary: "Write build result metadata to a file" },
  { name: "no-cache", kind: "switch", summary: "Do not use cache when building images" },
  { name: "print", kind: "switch", summary: "Print the targets without building them" },
  {
    name: "progress",
    kind: "text",
    default: "auto",
    summary: 'Type of progress output ("auto", "plain", "tty", "quiet", "rawjson")',
  },
  { name: "project", kind: "text", summary: "Depot project ID" },
  { name: "provenance", kind: "text", summary: 'Shorthand for "--set=*.attest=type=provenance"' },
  { name: "pull", kind: "switch", summary: "Always attempt to pull all referenced images" },
  {
    name: "push",
    kind: "switch",
    summary: 'Push images from the builder: shorthand for "--set=*.output=type=registry"',
  },
  { name: "sbom", kind: "text", summary: 'Shorthand for "--set=*.attest=type=sbom"' },
  { name: "sbom-dir", kind: "text", summary: "Make SBOMs and write them into this folder" },
  { name: "set", kind: "list", summary: 'Override a value of targets (e.g., "target.key=value", "*.args.K+=V")' },
  { name: "token", kind: "text", summary: "Depot token" },
  { name: "var", kind: "list", summary: 'Set a variable of the file (e.g., "name=value")' },
  {
    name: "policy",
    kind: "list",
    summary: "Policy configuration",
    isHidden: true,
    notYet: "source policies are not evaluated",
  },
  {
    name: "builder",
    kind: "text",
    summary: "Override the configured builder instance",
    isHidden: true,
    notYet: "builders belong to projects; choose one with --project",
    inertValues: [""],
  },
  { name: "save", kind: "switch", summary: "Save the images in the built-in registry", isHidden: true, notYet: SAVE },
  { name: "save-tag", kind: "list", summary: "Tag for saved images", isHidden: true, notYet: SAVE },
  {
    name: "suppress-no-output-warning",
    kind: "switch",
    summary: "Do not warn when results only stay in the build cache",
    isHidden: true,
  },
  {
    name: "buildkit-address",
    kind: "text",
    summary: "Build straight on an engine, without a server",
    isHidden: true,
  },
];
