import type { Flag } from "@opendepot/command";

/** A flag of `depot build`, and what is known about it beyond parsing. */
export interface BuildFlag extends Flag {
  /** Set when a later version will do it: what it does not do yet. */
  readonly notYet?: string;
  /** Values of a flag that is not there yet which ask for what happens anyway. */
  readonly inertValues?: readonly string[];
  /** Set on flags that docker has long accepted without effect: what to tell who gives one. */
  readonly legacy?: string;
}

const NO_EFFECT = "it has no effect";

const supported: readonly BuildFlag[] = [
  {
    name: "add-host",
    kind: "list",
    placeholder: "strings",
    summary: 'Add a custom host-to-IP mapping (format: "host:ip")',
  },
  {
    name: "allow",
    kind: "list",
    summary: 'Allow an extra entitlement ("network.host", "security.insecure", "device", "buildx.local.delete")',
  },
  { name: "annotation", kind: "list", summary: "Add an annotation to the image" },
  { name: "attest", kind: "list", summary: 'Attestation parameters (format: "type=sbom,generator=image")' },
  { name: "build-arg", kind: "list", summary: "Set build-time variables" },
  { name: "build-context", kind: "list", summary: "Additional build contexts (e.g., name=path)" },
  { name: "file", short: "f", kind: "text", summary: 'Name of the Dockerfile (default: "PATH/Dockerfile")' },
  { name: "iidfile", kind: "text", summary: "Write the image ID to a file" },
  { name: "label", kind: "list", summary: "Set metadata for an image" },
  { name: "metadata-file", kind: "text", summary: "Write build result metadata to a file" },
  {
    name: "network",
    kind: "text",
    default: "default",
    summary: 'Set the networking mode for the "RUN" instructions during build',
  },
  {
    name: "build-platform",
    kind: "text",
    default: "dynamic",
    summary: 'Build all platforms on this builder ("dynamic", "linux/amd64", "linux/arm64")',
  },
  {
    name: "cache-from",
    kind: "list",
    summary: 'External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")',
  },
  {
    name: "cache-to",
    kind: "list",
    summary: 'Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")',
  },
  {
    name: "call",
    kind: "text",
    default: "build",
    summary: 'Ask the Dockerfile something instead of building it ("check", "outline", "targets")',
  },
  { name: "cgroup-parent", kind: "text", summary: 'Parent cgroup for the "RUN" instructions' },
  { name: "check", kind: "switch", summary: 'Shorthand for "--call=check"' },
  { name: "lint", kind: "switch", summary: "Check the Dockerfile before the build" },
  {
    name: "lint-fail-on",
    kind: "text",
    default: "error",
    summary: 'Severity of findings that fail the build ("info", "warn", "error", "none")',
  },
  {
    name: "load",
    kind: "switch",
    summary: 'Load the image into the local Docker: shorthand for "--output=type=docker"',
  },
  { name: "no-cache", kind: "switch", summary: "Do not use cache when building the image" },
  { name: "no-cache-filter", kind: "list", summary: "Do not cache specified stages" },
  { name: "output", short: "o", kind: "list", summary: 'Output destination (format: "type=local,dest=path")' },
  { name: "platform", kind: "list", summary: "Set target platform for build" },
  {
    name: "progress",
    kind: "text",
    default: "auto",
    summary:
      'Set type of progress output ("auto", "plain", "tty", "quiet", "rawjson"). Use plain to show container output',
  },
  { name: "project", kind: "text", summary: "Depot project ID" },
  { name: "pull", kind: "switch", summary: "Always attempt to pull all referenced images" },
  { name: "quiet", short: "q", kind: "switch", summary: "Suppress the build output and print image ID on success" },
  { name: "save", kind: "switch", summary: "Save the image in the server's registry, for depot pull and depot push" },
  { name: "save-tag", kind: "list", summary: "Another tag under which the image is saved" },
  {
    name: "secret",
    kind: "list",
    summary: 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")',
  },
  { name: "provenance", kind: "text", summary: 'Shorthand for "--attest=type=provenance"' },
  { name: "push", kind: "switch", summary: 'Push the image from the builder: shorthand for "--output=type=registry"' },
  { name: "resource", kind: "list", summary: 'Limits for each step (format: "memory=2g", "cpu-quota=50000")' },
  { name: "sbom", kind: "text", summary: 'Shorthand for "--attest=type=sbom"' },
  { name: "sbom-dir", kind: "text", summary: "Make SBOMs and write them into this folder" },
  { name: "shm-size", kind: "text", placeholder: "bytes", summary: 'Size of "/dev/shm"' },
  {
    name: "ssh",
    kind: "list",
    summary: 'SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>|<key>[,<key>]]")',
  },
  { name: "tag", short: "t", kind: "list", summary: 'Name and optionally a tag (format: "name:tag")' },
  { name: "target", kind: "text", summary: "Set the target build stage to build" },
  { name: "token", kind: "text", summary: "Depot token" },
  { name: "ulimit", kind: "list", placeholder: "ulimit", summary: "Ulimit options" },
];

const notYet: readonly BuildFlag[] = [
  { name: "policy", kind: "list", summary: "Policy configuration", notYet: "source policies are not evaluated" },
  {
    name: "builder",
    kind: "text",
    summary: "Override the configured builder instance",
    notYet: "builders belong to projects; choose one with --project",
    inertValues: [""],
  },
  { name: "invoke", kind: "text", summary: "Launch a monitor in the build", notYet: "builds have no monitor" },
];

/** Other names of flags, which docker and buildx accept for the sake of old scripts. */
const aliases: readonly BuildFlag[] = [
  { name: "cpu-period", kind: "text", summary: "Limit the CPU CFS period of each step" },
  { name: "cpu-quota", kind: "text", summary: "Limit the CPU CFS quota of each step" },
  { name: "cpu-shares", short: "c", kind: "text", summary: "CPU shares of each step" },
  { name: "cpuset-cpus", kind: "text", summary: "CPUs that each step may use" },
  { name: "cpuset-mems", kind: "text", summary: "Memory nodes that each step may use" },
  { name: "memory", short: "m", kind: "text", summary: "Memory limit of each step" },
  { name: "memory-swap", kind: "text", summary: "Limit of memory and swap of each step" },
  { name: "print", kind: "text", summary: "The same as --call" },
  {
    name: "suppress-no-output-warning",
    kind: "switch",
    summary: "Do not warn when the result only stays in the build cache",
  },
];

/** docker/cli and buildx accept these for the sake of old scripts, to no effect. */
const legacy: readonly BuildFlag[] = [
  { name: "compress", kind: "switch", summary: "Compress the build context using gzip", legacy: NO_EFFECT },
  { name: "force-rm", kind: "switch", summary: "Always remove intermediate containers", legacy: NO_EFFECT },
  { name: "isolation", kind: "text", summary: "Container isolation technology", legacy: `${NO_EFFECT} with BuildKit` },
  { name: "rm", kind: "switch", summary: "Remove intermediate containers", legacy: NO_EFFECT },
  { name: "security-opt", kind: "list", summary: "Security options", legacy: `${NO_EFFECT} with BuildKit` },
  {
    name: "squash",
    kind: "switch",
    summary: "Squash newly built layers",
    legacy: `${NO_EFFECT} with BuildKit; copy from an earlier stage instead`,
  },
];

const own: readonly BuildFlag[] = [
  { name: "buildkit-address", kind: "text", summary: "Build straight on an engine, without a server", isHidden: true },
];

const hide = (flags: readonly BuildFlag[]): BuildFlag[] => flags.map((flag) => ({ ...flag, isHidden: true }));
/** Every flag that `docker buildx build` and the hosted product's `depot build` know. */
export const buildFlags: readonly BuildFlag[] = [
  ...supported,
  ...hide(notYet),
  ...hide(aliases),
  ...hide(legacy),
  ...own,
];
