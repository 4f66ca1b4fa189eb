import { argumentInvalid } from "../problems.ts";

/** A place in the built-in registry. */
export interface SavedName {
  readonly repository: string;
  readonly tag: string;
}

const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const TAG = /^\w[\w.-]{0,127}$/;
const REPOSITORY_PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const MAX_REPOSITORY = 200;
const MAX_SAVE_TAGS = 100;

/**
 * The registry's part of an image name, from a server's URL: `host:port`, or `host` where nobody takes it for a name on
 * Docker Hub.
 */
export function registryHostOf(publicUrl: string): string {
  const { host, hostname, port, protocol } = new URL(publicUrl);
  if (port !== "" || hostname.includes(".") || hostname === "localhost") return host;
  return `${host}:${protocol === "https:" ? 443 : 80}`;
}

/** The project that a repository belongs to: it is the first part of its name. */
export function projectOfRepository(repository: string): string {
  return repository.split("/", 1)[0] ?? "";
}

/** Whether a repository is the project's own, or one below it. */
export function isRepositoryOf(projectId: string, repository: string): boolean {
  return projectOfRepository(repository) === projectId;
}

/** How an image of a project is listed: `tag`, or `name:tag` in a repository below the project's own. */
export function listedName(projectId: string, { repository, tag }: SavedName): string {
  return repository === projectId ? tag : `${repository.slice(projectId.length + 1)}:${tag}`;
}

/**
 * Where images of a build are saved: under the build's id, then under each tag that was asked for. A tag is `v1`, or
 * `myrepo/app:v1` for a repository below the project's own, or either with the registry's own host before it.
 *
 * @throws {Problem} `argument_invalid`
 */
export function saveNames(
  { registryHost, projectId, buildId }: { registryHost: string; projectId: string; buildId: string },
  saveTags: readonly string[],
): SavedName[] {
  const tags = [...new Set(saveTags)];
  if (tags.length > MAX_SAVE_TAGS) throw argumentInvalid(`${tags.length} save tags`, `give ${MAX_SAVE_TAGS} at most`);
  const asked = tags.map((tag) => readSaveTag(tag, { registryHost, projectId }));
  return [{ repository: projectId, tag: buildId }, ...asked];
}

/**
 * Reads what a person calls an image of a project.
 *
 * @throws {Problem} `argument_invalid`
 */
export function readSaveTag(
  text: string,
  { registryHost, projectId }: { readonly registryHost: string; readonly projectId: string },
): SavedName {
  const own = withoutPrefix(withoutPrefix(text, `${registryHost}/`), `${projectId}/`);
  const plain = withoutPrefix(own, `${projectId}:`);
  if (TAG.test(plain)) return { repository: projectId, tag: plain };
  const [, path = "", tag = "latest"] = /^([^:@]+)(?::([^:@]+))?$/.exec(own) ?? [];
  const [first = ""] = path.split("/", 1);
  const isElsewhere = first !== path && (/[.:]/.test(first) || first === "localhost");
  if (isElsewhere || !REPOSITORY_PATH.test(path) || path.length > MAX_REPOSITORY || !TAG.test(tag)) {
    throw argumentInvalid(
      `not a tag to save under: ${JSON.stringify(text.slice(0, 200))}`,
      `write TAG or NAME:TAG, for ${registryHost}/${projectId}; for another registry, push with --tag and --push`,
    );
  }
  return { repository: `${projectId}/${path}`, tag };
}

/** An image of a project, in its own repository or one below it. */
export interface SavedReference {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/**
 * Reads how an image of a project is named in its project: a tag or digest, or `NAME:TAG` or `NAME@DIGEST` below it.
 *
 * @throws {Problem} `argument_invalid`
 */
export function readSavedReference(projectId: string, text: string): SavedReference {
  const plain = TAG.test(text) || DIGEST.test(text);
  const [, path = "", tag, digest] = plain ? [] : (/^([^:@]+)(?::([^:@]+)|@(.+))$/.exec(text) ?? []);
  const reference = plain ? text : (tag ?? (DIGEST.test(digest ?? "") ? digest : "") ?? "");
  const isPath = plain || (REPOSITORY_PATH.test(path) && path.length <= MAX_REPOSITORY);
  if (!isPath || !(TAG.test(reference) || DIGEST.test(reference))) {
    const given = JSON.stringify(text.slice(0, 200));
    throw argumentInvalid(`not an image of a project: ${given}`, "name a tag, a digest, NAME:TAG or NAME@DIGEST");
  }
  return { repository: plain ? projectId : `${projectId}/${path}`, reference };
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
