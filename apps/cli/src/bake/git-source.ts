import { parseGoBool } from "@opendepot/buildflags";
import { flagValueInvalid } from "../problems.ts";
import { isGitUrl } from "../target/remote-url.ts";

/** What BuildKit fetches of a repository: pb.SourceOp of solver/pb/ops.proto. */
export interface GitSource {
  readonly identifier: string;
  readonly attrs: Readonly<Record<string, string>>;
}

interface Repository {
  /** Without query and fragment. */
  readonly remote: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly fragment: string;
  readonly isSsh: boolean;
}

/**
 * The LLB source that a git address stands for; undefined for an address that is none. BuildKit:
 * frontend/dockerfile/dfgitutil/git_ref.go, client/llb/source.go `Git`.
 *
 * @throws {Problem} `flag_value_invalid`: something in its query is not known or contradicts the rest
 */
export function readGitSource(address: string): GitSource | undefined {
  if (!isGitUrl(address)) return undefined;
  const repository = splitAddress(address);
  if (repository === undefined) return undefined;
  const { remote, host, path, isSsh } = repository;
  const { reference, folder, attrs } = readWishes(repository, address);
  const suffix = reference || folder ? `#${reference}${folder ? `:${folder}` : ""}` : "";
  return {
    identifier: `git://${host}${path.startsWith("/") ? path : `/${path}`}${suffix}`,
    attrs: {
      ...attrs,
      "git.fullurl": remote,
      "git.authtokensecret": "GIT_AUTH_TOKEN",
      "git.authheadersecret": "GIT_AUTH_HEADER",
      ...(isSsh && { "git.mountsshsock": "default" }),
    },
  };
}

/** The host that a git address names; undefined where it names none. */
export function gitHostOf(address: string): string | undefined {
  return isGitUrl(address) ? splitAddress(address)?.host : undefined;
}

const SCP = /^([a-zA-Z0-9-_]+)@([a-zA-Z0-9-.]+):([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function splitAddress(address: string): Repository | undefined {
  const whole = address.startsWith("github.com/") ? `https://${address}` : address;
  if (/^[a-z]+:\/\//i.test(whole)) {
    const [, main = "", query = "", fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(whole) ?? [];
    const url = URL.parse(main);
    if (url === null) return undefined;
    const parts = { host: url.host, path: decodeURIComponent(url.pathname), query: new URLSearchParams(query) };
    return { ...parts, remote: main, fragment, isSsh: url.protocol === "ssh:" };
  }
  const [, user = "", host = "", path = "", query = "", fragment = ""] = SCP.exec(address) ?? [];
  if (host === "") return undefined;
  const remote = `${user}@${host}:${path}`;
  return { remote, host, path, query: new URLSearchParams(query), fragment, isSsh: true };
}

interface Wishes {
  /** Empty: the default branch. */
  readonly reference: string;
  /** Empty: all of it. */
  readonly folder: string;
  readonly attrs: Readonly<Record<string, string>>;
}

function readWishes({ query, fragment }: Repository, address: string): Wishes {
  const [reference = "", folder = ""] = fragment.split(/:(.*)/s);
  const found = { reference, folder: cleanFolder(folder) };
  const attrs: Record<string, string> = {};
  const agree = (key: "reference" | "folder", value: string): void => {
    if (found[key] !== "" && found[key] !== value)
      throw unusable(address, `${found[key]} and ${value} contradict each other`);
    found[key] = value;
  };
  for (const [key, value] of query) {
    if (key === "ref") agree("reference", value);
    else if (key === "tag") agree("reference", prefixed("refs/tags/", value));
    else if (key === "branch") agree("reference", prefixed("refs/heads/", value));
    else if (key === "subdir") agree("folder", cleanFolder(value));
    else Object.assign(attrs, attrOf(key, value, address));
  }
  return { ...found, attrs };
}

function attrOf(key: string, value: string, address: string): Record<string, string> {
  const isWanted = value === "" || parseGoBool(value);
  switch (key) {
    case "checksum":
    case "commit":
      return { "git.checksum": value };
    case "keep-git-dir":
      return isWanted ? { "git.keepgitdir": "true" } : {};
    case "submodules":
      return isWanted ? {} : { "git.skipsubmodules": "true" };
    case "mtime":
      return { "git.mtime": value };
    case "fetch-by-commit":
      return isWanted ? { "git.fetchbycommit": "true" } : {};
    default:
      throw unusable(address, `unexpected query ${JSON.stringify(key)}`);
  }
}

function cleanFolder(folder: string): string {
  return folder
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

function prefixed(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function unusable(address: string, why: string): Error {
  return flagValueInvalid("the definition's address", address, why);
}
