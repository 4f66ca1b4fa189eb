import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { toConnectError } from "@opendepot/api/problem-connect";
import { imagesV1 } from "@opendepot/api/services";
import { findProject } from "../access/find.ts";
import { type CopyEvent, type CopyImageDeps, copySavedImage, readCopyTarget } from "../images/copy-image.ts";
import { inTurn } from "../images/in-turn.ts";
import { savedSource } from "../images/saved-source.ts";
import { readSavedReference } from "../registry/image-names.ts";
import { callerOf } from "./caller.ts";
import { CONNECT_CODES } from "./codes.ts";
import { type ApiDeps, registryHostOfDeps } from "./deps.ts";

type Answer = MessageInitShape<typeof imagesV1.CopyImageResponseSchema>;

/** `opendepot.v1.ImageService`: what can be done with saved images beyond the hosted product's API. */
export function imageCopies(deps: ApiDeps): ServiceImpl<typeof imagesV1.ImageService> {
  const { stores, addresses, caPem, clock, copies } = deps;
  const { protocol, origin } = new URL(addresses.publicUrl);
  const around: CopyImageDeps = {
    ...{ registryHost: registryHostOfDeps(deps), caPem, clock, allows: copies.allows, plainHttp: copies.plainHttp },
    registryScheme: protocol === "https:" ? "https" : "http",
  };
  return {
    async *copyImage({ projectId, reference, target, credentials, withReferrers }, context): AsyncGenerator<Answer> {
      // Interceptors see nothing of what happens while a stream is read.
      try {
        const project = await findProject(stores.projects, callerOf(context), projectId);
        const saved = readSavedReference(project.id, reference);
        const copy = {
          source: savedSource({ content: copies.content, repository: saved.repository, origin }),
          reference: saved.reference,
          target: readCopyTarget(target),
          ...{ credentials, withReferrers },
          signal: context.signal,
        };
        using turn = copies.turns.enter(project.organizationId, context.signal);
        for await (const event of inTurn({ turn, clock }, () => copySavedImage(around, copy)))
          yield { event: toEvent(event) };
      } catch (thrown) {
        throw toConnectError(thrown, CONNECT_CODES);
      }
    },
  };
}

const STATES = {
  copying: imagesV1.BlobCopyState.COPYING,
  copied: imagesV1.BlobCopyState.COPIED,
  mounted: imagesV1.BlobCopyState.MOUNTED,
  present: imagesV1.BlobCopyState.PRESENT,
  elsewhere: imagesV1.BlobCopyState.ELSEWHERE,
} as const;

function toEvent(event: CopyEvent | { readonly kind: "waiting" }): NonNullable<Answer["event"]> {
  if (event.kind === "waiting") return { case: "waiting", value: {} };
  if (event.kind === "image") {
    const { digest, sentBytes, referrers } = event;
    return { case: "image", value: { digest, sent: BigInt(sentBytes), ...(referrers !== undefined && { referrers }) } };
  }
  const { blob, state, sentBytes } = event.progress;
  const value = { digest: blob.digest, size: BigInt(blob.size), sent: BigInt(sentBytes), state: STATES[state] };
  return { case: "blob", value };
}
