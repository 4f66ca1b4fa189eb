import { platformInvalid } from "./problems.ts";

/** An operating system and architecture as OCI images name them: image-spec v1.1, image-index.md, "platform". */
export interface Platform {
  /** Go's GOOS, for instance `linux`. */
  readonly os: string;
  /** Go's GOARCH, for instance `amd64`. */
  readonly architecture: string;
  /** For instance `v7` of `arm`; absent when it is the architecture's usual one. */
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
  /** Sorted, without repeats. */
  readonly osFeatures?: readonly string[] | undefined;
}

const COMPONENT = /^[A-Za-z0-9_.-]+$/;
const OS_COMPONENT = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;

const KNOWN_OS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const KNOWN_ARCHITECTURES = new Set(
  (
    "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 " +
    "mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm"
  ).split(" "),
);

/** Where a half-written platform takes its other half from. */
export interface HostNames {
  /** Node's `process.platform`. */
  readonly platform: string;
  /** Node's `process.arch`. */
  readonly arch: string;
}

/** The architecture of builders and images native to a machine that Node calls so: `x64` is `amd64`. */
export function hostPlatform(host: HostNames): Platform {
  const os = host.platform === "win32" ? "windows" : host.platform;
  return normalizePlatform({ os, architecture: GO_ARCHITECTURES[host.arch] ?? host.arch });
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  ppc64: "ppc64le",
  mipsel: "mipsle",
};

/**
 * Reads `os/architecture[/variant]`, or one of the first two alone, completed from `host`; other spellings
 * (`x86_64`, `aarch64`, `armhf`, `macos`) become the canonical ones: containerd/platforms `Parse` then `Normalize`.
 *
 * @throws {Problem} `platform_invalid`
 */
export function parsePlatform(text: string, host: HostNames): Platform {
  if (text.toLowerCase() === "local") return hostPlatform(host);
  const parts = text.split("/");
  const [first = "", architecture, variant] = parts;
  if (parts.length > 3) throw platformInvalid(text, "it has more than three parts");
  const osMatch = OS_COMPONENT.exec(first);
  if (!osMatch) throw platformInvalid(text, `${JSON.stringify(first)} is no operating system`);
  const wrong = parts.slice(1).find((part) => !COMPONENT.test(part));
  if (wrong !== undefined) throw platformInvalid(text, `${JSON.stringify(wrong)} is no architecture or variant`);
  const [, os = "", osVersion = "", features = ""] = osMatch;
  if (architecture === undefined) return completePlatform(text, os, host);
  return normalizePlatform({
    os,
    architecture,
    variant,
    osVersion: decodeOption(text, osVersion),
    osFeatures: features
      .split("+")
      .filter(Boolean)
      .map((feature) => decodeOption(text, feature)),
  });
}

/** The canonical form: containerd/platforms `Normalize`. `arm` without a variant becomes `v7`, `amd64/v1` plain `amd64`. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalizeArchitecture(platform.architecture, platform.variant ?? "");
  return createPlatform({ ...platform, os: os === "macos" ? "darwin" : os, architecture, variant });
}

/** As text, with OS version and features where given: containerd/platforms `FormatAll`. */
export function formatPlatform(platform: Platform): string {
  const features = (platform.osFeatures ?? []).map(encodeOption).join("+");
  const version = encodeOption(platform.osVersion ?? "");
  const options = version || features ? `(${version}${features && `+${features}`})` : "";
  return [platform.os + options, platform.architecture, platform.variant].filter(Boolean).join("/");
}

/** Tells whether both mean the same, however they are written. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b));
}

function completePlatform(text: string, word: string, host: HostNames): Platform {
  const own = hostPlatform(host);
  const os = normalizePlatform({ os: word, architecture: "" }).os;
  if (KNOWN_OS.has(os)) return normalizePlatform({ ...own, os });
  const [architecture, variant] = normalizeArchitecture(word, "");
  if (!KNOWN_ARCHITECTURES.has(architecture)) throw platformInvalid(text, "unknown operating system or architecture");
  return createPlatform({ os: own.os, architecture, variant });
}

const ARCHITECTURE_ALIASES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  i386: ["386", ""],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};

const VARIANT_ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { v1: "" },
  arm64: { "8": "", v8: "", "v8.0": "", "9": "v9", "9.0": "v9", "v9.0": "v9" },
  arm: { "": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8" },
};

function normalizeArchitecture(written: string, writtenVariant: string): [architecture: string, variant: string] {
  const [architecture, fixed] = ARCHITECTURE_ALIASES[written.toLowerCase()] ?? [written.toLowerCase()];
  const variant = fixed ?? writtenVariant.toLowerCase();
  return [architecture, VARIANT_ALIASES[architecture]?.[variant] ?? variant];
}

/** Leaves out what is empty, so that equal platforms are deeply equal. */
function createPlatform(parts: Platform): Platform {
  const features = [...new Set(parts.osFeatures)].sort();
  return {
    os: parts.os,
    architecture: parts.architecture,
    ...(parts.variant && { variant: parts.variant }),
    ...(parts.osVersion && { osVersion: parts.osVersion }),
    ...(features.length > 0 && { osFeatures: features }),
  };
}

function encodeOption(value: string): string {
  return value.replace(/[%+()/]/g, (letter) => encodeURIComponent(letter).replace("(", "%28").replace(")", "%29"));
}

function decodeOption(text: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw platformInvalid(text, `bad escape in ${JSON.stringify(value)}`, cause);
  }
}
