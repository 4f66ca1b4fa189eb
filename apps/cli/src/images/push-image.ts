import { type CopyImageResponseJson, ImageApi } from "@opendepot/api";
import { isProblem, messageOf } from "@opendepot/base";
import { type ClientStep, type CredentialStore, openStep, type StatusSink } from "@opendepot/buildkit";
import { formatReference, type NormalizedReference } from "@opendepot/oci";
import { type CopyProgress, copyImage, isLoopback, openRegistry } from "@opendepot/registry-client";
import type { CliContext } from "../cli-context.ts";
import { schemeOf } from "../run/saving.ts";
import type { Server } from "../server.ts";
import { describeImage, type SavedImage } from "./find-images.ts";
import { registryWithoutTls } from "./problems.ts";
import { openSource } from "./source-repository.ts";

/** A saved image on its way to another registry. */
export interface ImagePush {
  readonly image: SavedImage;
  readonly target: NormalizedReference;
  /** Whether what refers to the image goes along. */
  readonly withReferrers: boolean;
  /** Registries that are spoken to without TLS, in lower case, where the image passes through this process. */
  readonly plainHttp: ReadonlySet<string>;
  readonly display: StatusSink;
  /** For the target's registry. */
  readonly credentials: CredentialStore;
  readonly server: Server;
  readonly context: CliContext;
}

/** The server says how far it is more often than this. */
const SILENCE_MS = 60_000;

/** A registry may take its time to check a large blob. */
const IDLE_MS = 300_000;

/**
 * Copies a saved image to another registry: from the server, so that nothing of it passes through this machine; through
 * this machine where the server cannot get there, may not, or does not know how.
 *
 * @returns the image's digest, which stays the same
 * @throws {Problem} those of `copyImage`
 */
export async function pushImage(push: ImagePush): Promise<string> {
  const { image, target, display } = push;
  const step = openStep(display, `pushing ${describeImage(image)} to ${formatReference(target)}`);
  try {
    const byServer = isOutOfReach(push)
      ? { reason: "the registry is on this machine" }
      : await copyByServer(push, step);
    if ("reason" in byServer) openStep(display, `[depot] passing the image on, since ${byServer.reason}`).done();
    const { digest, referrers } = "reason" in byServer ? await passOn(push, step) : byServer;
    if (push.withReferrers) openStep(display, `[depot] ${describeReferrers(referrers)}`).done();
    return digest;
  } catch (thrown) {
    const error = inWordsOf(push, thrown);
    step.fail(error);
    throw error;
  } finally {
    step.done();
  }
}

/** An image in another registry. */
interface PushedImage {
  readonly digest: string;
  readonly referrers: number;
}

/** What is to be done about a registry without TLS depends on who speaks to it. */
function inWordsOf({ target }: ImagePush, error: unknown): unknown {
  const isWithoutTls = isProblem(error, "registry_unreachable") && error.detail["isWithoutTls"] === true;
  return isWithoutTls ? registryWithoutTls(target.domain, error) : error;
}

function describeReferrers(count: number): string {
  if (count === 0) return "nothing refers to the image";
  return count === 1
    ? "one manifest that refers to the image was pushed, too"
    : `${count} manifests that refer to the image were pushed, too`;
}

/** A registry on this machine's loopback is not the one on the loopback of a server elsewhere. */
function isOutOfReach({ target, server }: ImagePush): boolean {
  return isLoopback(new URL(`http://${target.domain}`).hostname) && !isLoopback(server.url.hostname);
}

const WAITING = "waiting for the server, which has other images to copy";

/** Why a server did not copy where this process may still do so. */
const NOT_BY_SERVER: ReadonlySet<string> = new Set([
  "api_answer_invalid",
  "api_unimplemented",
  "project_not_found",
  "registry_not_allowed",
  "registry_unreachable",
  "registry_untrusted",
]);

async function copyByServer(
  { image, target, withReferrers, credentials, server, context: { signal } }: ImagePush,
  step: ClientStep,
): Promise<PushedImage | { readonly reason: string }> {
  const { reference, projectId } = image;
  const { username, password, identityToken, registryToken } = await credentials.get(target.domain);
  const isKnown = username !== "" || identityToken !== "" || registryToken !== "";
  const request = {
    projectId,
    reference: nameWithin(reference, projectId),
    target: formatReference(target),
    ...(withReferrers && { withReferrers }),
    ...(isKnown && { credentials: { username, password, identityToken, registryToken } }),
  };
  let isWaiting = false;
  try {
    for await (const event of server.api.stream(ImageApi.copyImage, request, { signal, timeoutMs: SILENCE_MS })) {
      if (event.image) return pushedBy(event.image, withReferrers);
      if (event.blob) showBlob(step, event.blob);
      if (isWaiting || event.waiting) step.status(WAITING, { isDone: !event.waiting });
      isWaiting = event.waiting !== undefined;
    }
    throw new Error("the server copied nothing");
  } catch (error) {
    signal.throwIfAborted();
    if (isProblem(error) && NOT_BY_SERVER.has(error.code)) return { reason: reasonOf(error) };
    throw error;
  }
}

/** A server that does not know referrers has copied the image alone: what is there already is not sent again. */
function pushedBy(
  { digest = "", referrers }: NonNullable<CopyImageResponseJson["image"]>,
  withReferrers: boolean,
): PushedImage | { readonly reason: string } {
  if (withReferrers && referrers === undefined) return { reason: "the server does not copy what refers to it" };
  return { digest, referrers: referrers ?? 0 };
}

function reasonOf(error: Error & { readonly code: string }): string {
  const isUnknown = error.code === "api_unimplemented" || error.code === "api_answer_invalid";
  return isUnknown ? "the server does not copy images" : `the server says: ${messageOf(error)}`;
}

/** The tag or digest, behind the repository where that is one below the project's own. */
function nameWithin({ path, tag, digest }: NormalizedReference, projectId: string): string {
  const below = path === projectId ? "" : path.slice(projectId.length + 1);
  const end = digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`;
  return below === "" ? end.slice(1) : `${below}${end}`;
}

async function passOn(
  { image, target, withReferrers, plainHttp, credentials, server, context: { signal } }: ImagePush,
  step: ClientStep,
): Promise<PushedImage> {
  const { tag, digest } = image.reference;
  await using from = await openSource(image, { server, signal });
  await using to = await openRegistry({
    reference: target,
    access: "push",
    scheme: plainHttp.has(target.domain.toLowerCase()) ? "http" : schemeOf(target, server.url),
    credentials: { lookup: (host) => credentials.get(host) },
    idleMs: IDLE_MS,
    signal,
  });
  const copied = await copyImage({
    ...{ from, to, reference: digest ?? tag ?? "latest", tags: [target.tag ?? "latest"], withReferrers, signal },
    onProgress: ({ blob, state, sentBytes }: CopyProgress) =>
      showBlob(step, { digest: blob.digest, size: String(blob.size), sent: String(sentBytes), state: STATES[state] }),
  });
  return { digest: copied.descriptor.digest, referrers: copied.referrers };
}

type BlobJson = NonNullable<CopyImageResponseJson["blob"]>;

const STATES = {
  copying: "BLOB_COPY_STATE_COPYING",
  copied: "BLOB_COPY_STATE_COPIED",
  mounted: "BLOB_COPY_STATE_MOUNTED",
  present: "BLOB_COPY_STATE_PRESENT",
  elsewhere: "BLOB_COPY_STATE_ELSEWHERE",
} as const;

const WORDS: Readonly<Record<string, string>> = {
  [STATES.mounted]: "taken over",
  [STATES.present]: "is there already",
  [STATES.elsewhere]: "is to be had elsewhere",
};

function showBlob(step: ClientStep, { digest = "", size = "0", sent = "0", state = STATES.copying }: BlobJson): void {
  const word = WORDS[state];
  const id = `${digest.slice(0, 19)}${word === undefined ? "" : ` ${word}`}`;
  const isDone = state !== STATES.copying;
  step.status(id, {
    current: word === undefined ? Number(sent) : 0,
    total: word === undefined ? Number(size) : 0,
    isDone,
  });
}
