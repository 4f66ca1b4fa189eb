import type { Query } from "../database/open.ts";
import { AuthorityStore } from "./authority.ts";
import { BuilderStore } from "./builders.ts";
import { BuildStore } from "./builds.ts";
import { LeaseStore } from "./leases.ts";
import { OrganizationStore } from "./organizations.ts";
import { ProjectStore } from "./projects.ts";
import { SavedImageStore } from "./saved-images.ts";
import { StepStore } from "./steps.ts";
import { TokenStore } from "./tokens.ts";

/** Everything that is kept: one store per aggregate. */
export interface Stores {
  readonly authority: AuthorityStore;
  readonly builders: BuilderStore;
  readonly builds: BuildStore;
  readonly leases: LeaseStore;
  readonly organizations: OrganizationStore;
  readonly projects: ProjectStore;
  readonly savedImages: SavedImageStore;
  readonly steps: StepStore;
  readonly tokens: TokenStore;
}

/** How much of one step's log is kept unless said otherwise. */
export const DEFAULT_MAX_STEP_LOG_BYTES: number = 16 * 1024 * 1024;

/** The stores on one database. They hold nothing of their own. */
export function createStores(db: Query, maxStepLogBytes: number = DEFAULT_MAX_STEP_LOG_BYTES): Stores {
  return {
    authority: new AuthorityStore(db),
    builders: new BuilderStore(db),
    builds: new BuildStore(db),
    leases: new LeaseStore(db),
    organizations: new OrganizationStore(db),
    projects: new ProjectStore(db),
    savedImages: new SavedImageStore(db),
    steps: new StepStore(db, maxStepLogBytes),
    tokens: new TokenStore(db),
  };
}
