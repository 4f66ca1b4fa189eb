import type { Clock, Logger } from "@opendepot/base";
import type { BuilderPool } from "../builders/pool.ts";
import type { BuildCertificates } from "../builds/certificates.ts";
import type { ConnectDeps } from "../builds/connect.ts";
import type { CreateBuildDeps } from "../builds/create.ts";
import type { FinishDeps } from "../builds/finish.ts";
import type { CopyImageDeps } from "../images/copy-image.ts";
import type { CopyTurns } from "../images/copy-turns.ts";
import type { SavedRepository } from "../images/saved-source.ts";
import { registryHostOf } from "../registry/image-names.ts";
import type { ProjectImages } from "../registry/project-images.ts";
import type { StatusRecorder } from "../status/recorder.ts";
import type { Stores } from "../store/stores.ts";

/** Where clients find things: complete by the time the first call arrives. */
export interface Addresses {
  /** What {@link buildUrlOf} begins with; no slash at its end. */
  readonly publicUrl: string;
  /** `tcp://host:port` of the gateway. */
  readonly gateway: string;
}

/** What the handlers work with. */
export interface ApiDeps {
  readonly stores: Stores;
  readonly pool: BuilderPool;
  readonly recorder: StatusRecorder;
  readonly caPem: string;
  readonly certificates: BuildCertificates;
  readonly create: CreateBuildDeps;
  readonly connect: ConnectDeps;
  readonly finish: FinishDeps;
  readonly images: ProjectImages;
  /** For images that are copied to other registries. */
  readonly copies: Pick<CopyImageDeps, "allows" | "plainHttp"> &
    Pick<SavedRepository, "content"> & { readonly turns: CopyTurns };
  readonly addresses: Addresses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What names of saved images begin with. */
export function registryHostOfDeps({ addresses }: Pick<ApiDeps, "addresses">): string {
  return registryHostOf(addresses.publicUrl);
}

/** Where a build's page is. */
export function buildUrlOf(addresses: Addresses, build: { readonly projectId: string; readonly id: string }): string {
  return `${addresses.publicUrl}/projects/${build.projectId}/builds/${build.id}`;
}
