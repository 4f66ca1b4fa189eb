import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { formatReference, type NormalizedReference } from "@opendepot/oci";
import type { DockerHttp } from "./http.ts";
import { type DockerProgress, readProgress } from "./progress.ts";

/** An image that a Docker has, as far as a list tells of it. */
export interface ListedImage {
  /** `sha256:…`: of its configuration, or with containerd's image store of its manifest or index. */
  readonly id: string;
  /** Names with tags. */
  readonly tags: readonly string[];
  /** Names with digests. */
  readonly digests: readonly string[];
}

/** An image that a Docker has. */
export interface DockerImage extends ListedImage {
  readonly os: string;
  readonly architecture: string;
}

/** What a list of images takes. */
export interface ListOptions {
  /** A pattern of names, in which `*` stands for anything but a slash. */
  readonly reference: string;
  readonly signal?: AbortSignal | undefined;
}

/** What a pull takes. */
export interface PullOptions {
  readonly reference: NormalizedReference;
  /** For instance `linux/arm64`. Default: Docker's own. */
  readonly platform?: string | undefined;
  /** Credentials for the registry. Default: none. */
  readonly auth?: DockerAuth | undefined;
  readonly onProgress?: ((progress: DockerProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Credentials as the Docker Engine API takes them, "Authentication". */
export interface DockerAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identitytoken?: string | undefined;
  readonly serveraddress?: string | undefined;
}

/** What loading an archive led to. */
export interface LoadedImages {
  /** What Docker says it has loaded: names, or ids of images without a name. */
  readonly loaded: readonly string[];
}

/** What loading an archive takes. */
export interface LoadOptions {
  /** The archive of a `docker` or `oci` exporter, as it comes. */
  readonly archive: AsyncIterable<Uint8Array>;
  readonly onProgress?: ((progress: DockerProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Docker Engine API "Create an image". */
export async function pullImage(http: DockerHttp, options: PullOptions): Promise<void> {
  const { reference, platform, auth, onProgress, signal } = options;
  const { domain, path, tag, digest } = reference;
  const query = new URLSearchParams({ fromImage: `${domain}/${path}`, tag: digest ?? tag ?? "latest" });
  if (platform !== undefined) query.set("platform", platform);
  const encoded = auth && Buffer.from(JSON.stringify(auth)).toString("base64url");
  const headers: Record<string, string> = encoded === undefined ? {} : { "x-registry-auth": encoded };
  const action = `pull ${formatReference(reference)}`;
  // Docker answers once it has something to tell, which is when the registry has answered.
  const answer = await http.send({
    method: "POST",
    path: `/images/create?${query}`,
    headers,
    action,
    answerMs: 0,
    signal,
  });
  await readProgress(http, answer, { action, onProgress, signal });
}

const LOADED = /^Loaded image(?: ID)?: (.+)$/;

/** Docker Engine API "Import images". What the archive's source throws goes before what Docker makes of it. */
export async function loadArchive(http: DockerHttp, options: LoadOptions): Promise<LoadedImages> {
  const { onProgress, signal } = options;
  const action = "load the image";
  let failure: { readonly reason: unknown } | undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* options.archive;
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  }
  const loaded: string[] = [];
  const note = (progress: DockerProgress): void => {
    const [, name] = LOADED.exec(progress.status) ?? [];
    if (name !== undefined) loaded.push(name);
    onProgress?.(progress);
  };
  try {
    const headers = { "content-type": "application/x-tar" };
    const request = { method: "POST", path: "/images/load?quiet=0", headers, body: watched(), action } as const;
    const answer = await http.send({ ...request, answerMs: 0, signal });
    await readProgress(http, answer, { action, onProgress: note, signal });
    return { loaded };
  } catch (error) {
    throw failure ? failure.reason : error;
  }
}

/** Docker Engine API "Tag an image". */
export async function tagImage(
  http: DockerHttp,
  image: string,
  name: NormalizedReference,
  signal: AbortSignal | undefined,
): Promise<void> {
  const query = new URLSearchParams({ repo: `${name.domain}/${name.path}`, tag: name.tag ?? "latest" });
  const action = `name the image ${formatReference(name)}`;
  const path = `/images/${image}/tag?${query}`;
  await drain(await http.send({ method: "POST", path, action, signal }));
}

/** Docker Engine API "Remove an image": a name of it, and with its last name all of it. False when there is none. */
export async function removeImage(http: DockerHttp, image: string, signal: AbortSignal | undefined): Promise<boolean> {
  const action = `remove the image ${image}`;
  const path = `/images/${image}`;
  const answer = await http.send({ method: "DELETE", path, action, expects: [404], signal });
  await drain(answer);
  return answer.statusCode !== 404;
}

/** Docker Engine API "Inspect an image". Undefined when there is none. */
export async function inspectImage(
  http: DockerHttp,
  image: string,
  signal: AbortSignal | undefined,
): Promise<DockerImage | undefined> {
  const action = `inspect the image ${image}`;
  const answer = await http.json({ method: "GET", path: `/images/${image}/json`, action, expects: [404], signal });
  if (answer === undefined) return undefined;
  const found = Object(answer) as Record<string, unknown>;
  const platform = { os: String(found["Os"] ?? ""), architecture: String(found["Architecture"] ?? "") };
  return { ...toListed(found), ...platform };
}

/** Docker Engine API "List Images", those whose names match the pattern. */
export async function listImages(http: DockerHttp, { reference, signal }: ListOptions): Promise<ListedImage[]> {
  const query = new URLSearchParams({ filters: JSON.stringify({ reference: [reference] }) });
  const answer = await http.json({ method: "GET", path: `/images/json?${query}`, action: "list images", signal });
  return Array.isArray(answer) ? answer.map((entry) => toListed(Object(entry))) : [];
}

function toListed(image: Readonly<Record<string, unknown>>): ListedImage {
  return {
    id: String(image["Id"] ?? ""),
    tags: textsOf(image["RepoTags"]),
    digests: textsOf(image["RepoDigests"]),
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}

/** Reads an answer that says nothing of interest, so that its connection is free again. */
async function drain(answer: IncomingMessage): Promise<void> {
  answer.resume();
  if (!answer.complete) await once(answer, "close").catch(() => undefined);
}
