import { newLongId, newShortId } from "../ids.ts";
import type { Stores } from "../store/stores.ts";

/** What most tests begin with: an organization with a project. */
export interface Seed {
  readonly organizationId: string;
  readonly projectId: string;
  /** Inserts a build of the project that has just been created. */
  newBuild(): Promise<string>;
  /** Inserts a build that waits for the project's amd64 builder. */
  newWaitingBuild(): Promise<string>;
  readonly builderId: string;
}

/** Fills a database for a test. */
export async function seed(stores: Stores, now: Date = new Date()): Promise<Seed> {
  const organizationId = newShortId();
  const projectId = newShortId();
  const builderId = `${projectId}-amd64`;
  await stores.organizations.insert({ id: organizationId, name: "acme", now });
  const cachePolicy = { keepBytes: 1_000_000_000, keepDays: 7 };
  const settings = { name: "app", region: "local", hardware: 1, cachePolicy };
  await stores.projects.insert({ id: projectId, organizationId, settings, now });
  await stores.builders.ensure({ id: builderId, projectId, architecture: "amd64", now });
  const newBuild = async (): Promise<string> => {
    const id = newLongId();
    await stores.builds.insert({ id, projectId, targets: [], now });
    return id;
  };
  const newWaitingBuild = async (): Promise<string> => {
    const id = await newBuild();
    await stores.builds.markWaiting(id, now);
    await stores.leases.request({ id: newLongId(), buildId: id, builderId, now });
    return id;
  };
  return { organizationId, projectId, builderId, newBuild, newWaitingBuild };
}
