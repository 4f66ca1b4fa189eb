import { type Clock, isProblem } from "@opendepot/base";
import { type AuthenticateDeps, authenticate, readAuthorization } from "../access/authenticate.ts";
import { findBuild } from "../access/find.ts";
import type { Principal } from "../access/principal.ts";
import { type HttpAnswer, type HttpRequest, type HttpRoute, plainText } from "../listen/handler.ts";
import { buildNotFound } from "../problems.ts";
import type { StatusRecorder } from "../status/recorder.ts";
import type { Build } from "../store/builds.ts";
import type { Step } from "../store/steps.ts";
import type { Stores } from "../store/stores.ts";
import { renderBuildPage, type StepView } from "./build-view.ts";
import { toLogText } from "./log-text.ts";

/** What the pages take. */
export interface PageDeps {
  readonly stores: Stores;
  readonly recorder: Pick<StatusRecorder, "settle">;
  readonly clock: Clock;
}

const BUILD_PATH = /^\/projects\/(\w+)\/builds\/(\w+)$/;
const LOG_PATH = /^\/projects\/(\w+)\/builds\/(\w+)\/steps\/(\d{1,18})\/log$/;

const MAX_STEPS = 2000;
/** Log messages of a step that the build's page shows: the last ones. */
const TAIL_ENTRIES = 400;
const TAIL_CHARACTERS = 64 * 1024;
const LOG_PAGE = 5000;
/** Nothing on our pages is loaded, run, framed or sent. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * The page of a build and the whole log of a step. Behind HTTP Basic, as browsers can: user `x-token`, password a token
 * that may read the project.
 */
export function createPages(deps: PageDeps): HttpRoute {
  return async (request) => {
    const [, projectId = "", buildId = "", stepId] = BUILD_PATH.exec(request.path) ?? LOG_PATH.exec(request.path) ?? [];
    if (projectId === "") return undefined;
    try {
      const build = await findPageBuild(deps, request, { projectId, buildId });
      await deps.recorder.settle(build.id);
      return stepId === undefined ? await answerPage(deps, build) : await answerLog(deps, build, BigInt(stepId));
    } catch (error) {
      return toAnswer(error);
    }
  };
}

async function findPageBuild(
  { stores, clock }: PageDeps,
  request: HttpRequest,
  { projectId, buildId }: { projectId: string; buildId: string },
): Promise<Build> {
  const auth: AuthenticateDeps = { ...stores, clock };
  const caller: Principal = await authenticate(auth, readAuthorization(request.authorization));
  const build = await findBuild(stores.builds, caller, buildId);
  if (build.projectId !== projectId) throw buildNotFound(buildId);
  return build;
}

async function answerPage({ stores, clock }: PageDeps, build: Build): Promise<HttpAnswer> {
  const project = await stores.projects.find(build.projectId);
  if (!project) throw buildNotFound(build.id);
  const warnings = await stores.steps.listWarnings(build.id);
  const steps: StepView[] = [];
  for (const step of await stores.steps.list(build.id, { limit: MAX_STEPS })) {
    const ofStep = warnings.filter(({ stepId }) => stepId === step.id).map(({ message }) => message);
    steps.push({ step, warnings: ofStep, ...(await readTail(stores, step)) });
  }
  steps.sort((a, b) => timeOf(a.step) - timeOf(b.step));
  const targets = await stores.builds.listTargets(build.id);
  const body = renderBuildPage({ build, project, targets, steps, now: clock.now() });
  return {
    status: 200,
    contentType: "text/html; charset=utf-8",
    body,
    headers: { "content-security-policy": CONTENT_POLICY },
  };
}

/** Steps that have not begun stand last, in the order in which they were seen. */
function timeOf(step: Step): number {
  return step.startedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

async function readTail({ steps }: Stores, step: Step): Promise<Pick<StepView, "log" | "isLogShortened">> {
  if (step.logBytes === 0) return { log: "", isLogShortened: false };
  const entries = await steps.readLogTail(step.id, TAIL_ENTRIES);
  const text = toLogText(entries);
  const shownBytes = entries.reduce((sum, { message }) => sum + message.length, 0);
  return {
    log: text.slice(-TAIL_CHARACTERS),
    isLogShortened: shownBytes < step.logBytes || text.length > TAIL_CHARACTERS,
  };
}

async function answerLog({ stores }: PageDeps, build: Build, stepId: bigint): Promise<HttpAnswer> {
  const step = await stores.steps.find(build.id, stepId);
  if (!step) return plainText(404, "no such step\n");
  const parts: string[] = [];
  for (let after: Parameters<typeof stores.steps.readLog>[1]["after"]; ; ) {
    const entries = await stores.steps.readLog(step.id, { after, limit: LOG_PAGE });
    parts.push(toLogText(entries));
    after = entries.at(-1);
    if (entries.length < LOG_PAGE) break;
  }
  if (step.isLogCut) parts.push("\n[the log was longer than this server keeps]\n");
  return plainText(200, parts.join(""));
}

function toAnswer(error: unknown): HttpAnswer {
  if (!isProblem(error)) throw error;
  if (error.code.startsWith("token_")) {
    const challenge = 'Basic realm="Open Depot: user x-token, password a token", charset="UTF-8"';
    return plainText(401, `${error.message}\n`, { "www-authenticate": challenge });
  }
  return plainText(404, `${error.message}\n`);
}
