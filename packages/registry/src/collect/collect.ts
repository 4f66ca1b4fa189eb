import type { Context } from "../context.ts";
import { collectBlobs } from "./collect-blobs.ts";
import { collectLinks, collectManifests } from "./collect-rows.ts";
import { collectTags } from "./collect-tags.ts";
import { collectUploads } from "./collect-uploads.ts";
import type { CollectReport } from "./report.ts";

/** How a collection is run. */
export interface CollectOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * How old something in the store has to be that the database knows nothing of before it is removed, in milliseconds; a
   * day unless given. It is not needed for pushes, but gives time to notice that store and database do not belong together.
   */
  readonly orphanAgeMs?: number | undefined;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Removes what nobody needs any more while pushes and pulls go on, also on several servers at once. Each step is
 * complete in itself: it may be broken off anywhere, and the next one goes on.
 *
 * Nothing rests on clocks or on the order of steps: whatever is referred to is held by a foreign key or a row's lock,
 * and time only says how long a promise to somebody who pushes is kept.
 */
export async function collect(context: Context, options: CollectOptions = {}): Promise<CollectReport> {
  const { metadata, blobs, limits, closing, logger } = context;
  const { db } = metadata;
  const { keepMs, uploadIdleMs } = limits;
  const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
  const orphanAgeMs = options.orphanAgeMs ?? DAY_MS;
  const tags = await collectTags(db, { keepMs, signal });
  const manifests = await collectManifests(db, { keepMs, signal });
  const links = await collectLinks(db, { keepMs, signal });
  const uploads = await collectUploads(db, blobs, { uploadIdleMs, keepMs, orphanAgeMs, signal });
  const removed = await collectBlobs(db, blobs, { orphanAgeMs, signal });
  const report = { tags, manifests, links, uploads, ...removed };
  logger.info("garbage collected", report);
  return report;
}
