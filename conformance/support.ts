import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestServer, testBaseImage } from "@opendepot/testing";

export const root: string = join(import.meta.dirname, "..");

/** Calls a unary method of the server, as any Connect client would. */
export async function callApi<Answer>(
  server: TestServer,
  method: string,
  request: object,
  token: string = server.token,
): Promise<Answer> {
  const response = await fetch(new URL(method, server.url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method}: HTTP ${response.status} ${JSON.stringify(answer)}`);
  return answer as Answer;
}

/** A new project of the server. */
export async function createProject(server: TestServer, name: string): Promise<string> {
  const request = { name, regionId: "local" };
  const answer = await callApi<{ project: { projectId: string } }>(
    server,
    "/depot.core.v1.ProjectService/CreateProject",
    request,
  );
  return answer.project.projectId;
}

/** What the server kept of a build. */
export interface RecordedStep {
  readonly name: string;
  readonly digest: string;
  readonly cacheState: "CACHE_STATE_UNCACHED" | "CACHE_STATE_CACHED";
  readonly error?: string;
  readonly hasLogs?: boolean;
  readonly completedAt?: string;
}

/** The builds of a project, newest first. */
export async function listBuilds(
  server: TestServer,
  projectId: string,
): Promise<Array<{ id: string; status: string }>> {
  const { builds } = await callApi<{ builds?: Array<{ id: string; status: string }> }>(
    server,
    "/depot.cli.v1.BuildService/ListBuilds",
    { projectId, pageSize: 20 },
  );
  return builds ?? [];
}

/**
 * The steps of a build, once all have ended: what an engine says last may reach the server after the build's end.
 * After ten seconds, as they are.
 */
export async function listSteps(server: TestServer, projectId: string, buildId: string): Promise<RecordedStep[]> {
  const deadline = performance.now() + 10_000;
  for (let before = -1; ; ) {
    const steps = await readSteps(server, projectId, buildId);
    // Clients report steps of their own, apart from what the engine says.
    const hasEngineSteps = steps.some(({ name }) => !name.startsWith("[depot]"));
    const isSettled = hasEngineSteps && steps.every(({ completedAt }) => completedAt !== undefined);
    if ((isSettled && steps.length === before) || performance.now() > deadline) return steps;
    before = steps.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function readSteps(server: TestServer, projectId: string, buildId: string): Promise<RecordedStep[]> {
  const steps: RecordedStep[] = [];
  for (let pageToken = ""; ; ) {
    const page = await callApi<{ buildSteps?: RecordedStep[]; nextPageToken?: string }>(
      server,
      "/depot.build.v1.BuildService/GetBuildSteps",
      { projectId, buildId, ...(pageToken ? { pageToken } : {}) },
    );
    steps.push(...(page.buildSteps ?? []));
    if (!page.nextPageToken) return steps;
    pageToken = page.nextPageToken;
  }
}

/** What the server kept of a step's output. */
export async function readStepLog(
  server: TestServer,
  projectId: string,
  buildId: string,
  { digest }: RecordedStep,
): Promise<string> {
  const { logs = [] } = await callApi<{ logs?: Array<{ message: string }> }>(
    server,
    "/depot.build.v1.BuildService/GetBuildStepLogs",
    { projectId, buildId, buildStepDigest: digest },
  );
  return logs.map(({ message }) => message).join("");
}

/** A folder that disposing removes. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
}

export async function makeWorkFolder(): Promise<WorkFolder> {
  const path = await mkdtemp(join(tmpdir(), "od-conformance-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The arguments with which anybody's `build` builds examples/hello, its secret in `folder`. */
export async function helloArguments(folder: string): Promise<string[]> {
  const key = join(folder, "key.txt");
  await writeFile(key, "a key of the test\n");
  return [
    ...["--build-context", `busybox=${await testBaseImage()}`],
    ...["--secret", `id=signing_key,src=${key}`],
    join(root, "examples/hello"),
  ];
}
