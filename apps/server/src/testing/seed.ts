import { createToken } from "../access/token.ts";
import { newLongId, newShortId } from "../ids.ts";
import type { Stores } from "../store/stores.ts";

/** What most tests begin with: an organization with a project, whose amd64 builder some build has used before. */
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
  const settings = {
    name: "app",
    region: "local",
    hardware: 1,
    cachePolicy,
    imageRetention: { keepDays: 7, keepCount: 0 },
  };
  await stores.projects.insert({ id: projectId, organizationId, settings, now });
  const newBuild = async (): Promise<string> => {
    const id = newLongId();
    const token = { id: newLongId(), hash: createToken("build").hash, expiresAt: new Date(now.getTime() + 86_400_000) };
    await stores.builds.insert({ id, projectId, targets: [], token, now });
    return id;
  };
  const newWaitingBuild = async (): Promise<string> => {
    const buildId = await newBuild();
    await stores.leases.request({ id: newLongId(), buildId, builderId, projectId, architecture: "amd64", now });
    return buildId;
  };
  await stores.builds.finish(await newWaitingBuild(), { state: "succeeded", by: "client", at: now });
  return { organizationId, projectId, builderId, newBuild, newWaitingBuild };
}
