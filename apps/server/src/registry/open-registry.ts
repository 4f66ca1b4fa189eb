import type { Clock, Logger } from "@opendepot/base";
import { type BlobStore, type ManifestEvent, openRegistry, type Registry } from "@opendepot/registry";
import type { Query } from "../database/open.ts";
import { startPeriodic } from "../periodic.ts";
import type { Stores } from "../store/stores.ts";
import { buildOfCaller, registryAccess } from "./access.ts";
import { type BlobPlace, openBlobPlace } from "./blob-place.ts";
import { projectOfRepository } from "./image-names.ts";
import { ProjectImages } from "./project-images.ts";

/** The built-in registry, with what the product adds to it. */
export interface SavedImages {
  readonly registry: Registry;
  readonly images: ProjectImages;
}

/** What {@link openSavedImages} takes. */
export interface SavedImagesOptions {
  readonly place: BlobPlace;
  /** The server's, where it was set: proxies in front hide what clients have asked for. */
  readonly publicUrl: string | undefined;
  readonly query: Query;
  readonly stores: Stores;
  /** The host before image names, known once the server listens. */
  readonly registryHost: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const COLLECT_EVERY_MS = 10 * 60_000;

/** Opens the registry on the server's own database and folder; the stack closes it. */
export async function openSavedImages(
  { place, publicUrl, query, stores, registryHost, clock, logger }: SavedImagesOptions,
  stack: AsyncDisposableStack,
): Promise<SavedImages> {
  const blobs: BlobStore = stack.use(await openBlobPlace(place));
  const registry: Registry = stack.use(
    await openRegistry({
      database: query,
      blobs,
      access: registryAccess({ ...stores, clock }),
      publicUrl: publicUrl === undefined ? undefined : new URL(new URL(publicUrl).origin),
      isRedirecting: place.kind === "s3" && place.isRedirecting,
      onManifest: (event) => note(event),
      logger,
    }),
  );
  const images = new ProjectImages(registry.images, registryHost);
  const note = async (event: ManifestEvent): Promise<void> => {
    const { repository, reference: tag, digest } = event;
    const buildId = buildOfCaller(event.caller);
    // First, since a pull of the build needs it.
    if (buildId !== undefined && tag !== digest) {
      await stores.savedImages.record({ buildId, repository, tag, digest, now: clock.now() });
    }
    const project = await stores.projects.find(projectOfRepository(repository));
    if (project) await images.retain(repository, project.imageRetention);
  };
  stack.use(
    startPeriodic({
      name: "image collection",
      everyMs: COLLECT_EVERY_MS,
      round: async (signal) => {
        await stores.tokens.deleteExpiredPulls(clock.now());
        const report = await registry.collect({ signal });
        logger.debug("images collected", { ...report });
      },
      clock,
      logger,
    }),
  );
  return { registry, images };
}
