import { ImageApi } from "@opendepot/api";
import { messageOf } from "@opendepot/base";
import { CredentialStore } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { formatReference, type NormalizedReference, parseNormalizedReference, withDefaultTag } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { flagValueInvalid } from "../problems.ts";
import { credentialOptions } from "../run/services.ts";
import { chooseImage } from "./choose-image.ts";
import { findSavedImages, type SavedImage } from "./find-images.ts";
import { type ImageCommand, openImages } from "./open-images.ts";
import { readPlainHttp } from "./plain-http.ts";
import { pushTagMissing, targetUnknown } from "./problems.ts";
import { type ImagePush, pushImage } from "./push-image.ts";
import { withDisplay } from "./with-display.ts";

/** Runs `depot push`: one tag after the other. */
export async function runPush(invocation: Invocation, context: CliContext): Promise<number> {
  const targets = invocation.list("tag").map(readTarget);
  const plainHttp = readPlainHttp(invocation.list("plain-http"), targets);
  await using command = await openImages(invocation, context);
  const name = await chooseImage(invocation, command);
  if (targets.length === 0) throw pushTagMissing();
  const image = await findOne(name, invocation.text("target") || undefined, command);
  const credentials = await openCredentials(command);
  const common = { image, withReferrers: invocation.switch("referrers"), plainHttp, credentials, command };
  const digests = await withDisplay(invocation, context, async (display) => {
    const pushed: string[] = [];
    for (const target of targets) {
      const digest = await pushRecorded({ ...common, target, display });
      pushed.push(`${formatReference(target)}@${digest}`);
    }
    return pushed;
  });
  for (const pushed of digests) context.terminal.print(`${pushed}\n`);
  return 0;
}

function readTarget(text: string): NormalizedReference {
  const reference = withDefaultTag(parseNormalizedReference(text));
  if (reference.digest === undefined) return reference;
  throw flagValueInvalid(
    "--tag",
    text,
    "an image is pushed under a tag",
    "write REGISTRY/IMAGE:TAG; the digest stays the same",
  );
}

async function findOne(name: string, target: string | undefined, command: ImageCommand): Promise<SavedImage> {
  const [image, ...others] = await findSavedImages(name, target === undefined ? [] : [target], command);
  if (others.length === 0) return image;
  throw targetUnknown(
    undefined,
    [image, ...others].flatMap((one) => one.target ?? []),
  );
}

/**
 * Those of docker, or those that the environment has for all registries; for the server's own registry the token of this
 * command, unless docker has others for it.
 */
async function openCredentials({ server, registryHost, context }: ImageCommand): Promise<CredentialStore> {
  const options = credentialOptions(context);
  const credentials = new CredentialStore(options);
  const { username, identityToken } = await new CredentialStore({ ...options, forAll: undefined }).get(registryHost);
  if (username === "" && identityToken === "") {
    const auth = { username: "x-token", password: server.token.reveal(), identityToken: "", registryToken: "" };
    credentials.give(registryHost, auth);
  }
  return credentials;
}

interface RecordedPush extends Omit<ImagePush, "server" | "context"> {
  readonly command: ImageCommand;
}

const FINISH_MS = 5_000;

/** Pushes, and has the server remember it as a push of the build. */
async function pushRecorded({ command, ...push }: RecordedPush): Promise<string> {
  const { image, target } = push;
  const { server, context } = command;
  const { buildId } = image;
  const request = { buildId: buildId ?? "", tag: formatReference(target) };
  // For the record only, so the push does not wait for it: what becomes of the push itself is what counts.
  const starting = buildId
    ? server.api.call(ImageApi.startPush, request, { signal: context.signal }).catch(() => undefined)
    : undefined;
  const finish = async (error?: string): Promise<void> => {
    const started = await starting;
    if (!started || !buildId) return;
    const end = { pushId: started.pushId ?? "", buildId, ...(error !== undefined && { error }) };
    await server.api.call(ImageApi.finishPush, end, { timeoutMs: FINISH_MS }).catch(() => undefined);
  };
  try {
    const digest = await pushImage({ ...push, server, context });
    await finish();
    return digest;
  } catch (error) {
    await finish(messageOf(error));
    throw error;
  }
}
