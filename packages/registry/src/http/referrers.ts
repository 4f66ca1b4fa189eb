import { MediaType } from "@opendepot/oci";
import type { ReferrerPage } from "../metadata/referrer-store.ts";
import { methodUnsupported } from "../problems.ts";
import type { CallerExchange } from "./exchange.ts";
import type { Route } from "./route.ts";
import { sendJson } from "./send.ts";
import { seesManifest } from "./view.ts";

const MAX_ANNOTATIONS = 3 * 1024 * 1024;
const MAX_REFERRERS = 1000;
const NOBODY = { referrers: [], hasMore: false } as const;

/**
 * Manifests that have this one as their subject: OCI distribution-spec v1.1, "Listing Referrers". A subject that is not
 * here has some, too, or none.
 */
export async function serveReferrers(
  exchange: CallerExchange,
  { repository, digest }: Extract<Route, { kind: "referrers" }>,
): Promise<void> {
  const { context, method, query } = exchange;
  if (method !== "GET" && method !== "HEAD") throw methodUnsupported(method);
  const artifactType = query.get("artifactType")?.replaceAll("\0", "") || undefined;
  const page: ReferrerPage = {
    subject: digest,
    artifactType,
    after: query.get("last")?.slice(0, 200).replaceAll("\0", "") ?? undefined,
    limit: Math.min(MAX_REFERRERS, context.limits.maxPageSize),
    maxBytes: MAX_ANNOTATIONS,
  };
  const isSeen = await seesManifest(exchange, repository, digest);
  const { referrers, hasMore } = isSeen ? await context.metadata.referrers.list(repository, page) : NOBODY;
  const last = hasMore ? referrers.at(-1)?.digest : undefined;
  const next = new URLSearchParams({ ...(artifactType && { artifactType }), ...(last && { last }) });
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: referrers };
  sendJson(exchange, 200, index, {
    "content-type": MediaType.ociIndex,
    ...(artifactType !== undefined && { "oci-filters-applied": "artifactType" }),
    ...(last !== undefined && { link: `</v2/${repository}/referrers/${digest}?${next}>; rel="next"` }),
  });
}
