import type { Build, BuildTarget } from "../store/builds.ts";
import { isEnd } from "../store/builds.ts";
import type { Project } from "../store/projects.ts";
import type { Step } from "../store/steps.ts";
import { type Html, html, ownHtml, renderHtml } from "./html.ts";
import { STYLE } from "./style.ts";

/** A step as the page shows it. */
export interface StepView {
  readonly step: Step;
  /** The end of its log; empty when it has none. */
  readonly log: string;
  readonly isLogShortened: boolean;
  readonly warnings: readonly string[];
}

/** Everything that the page shows. */
export interface BuildView {
  readonly build: Build;
  readonly project: Project;
  readonly targets: readonly BuildTarget[];
  readonly steps: readonly StepView[];
  readonly now: Date;
}

/** A build's page: what it was, each step with its time, whether it came from the cache, and its log. */
export function renderBuildPage(view: BuildView): string {
  const { build, project, steps } = view;
  const isOpen = !isEnd(build.state);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${isOpen ? html`<meta http-equiv="refresh" content="3">` : undefined}
<title>${build.state}: build ${build.id} of ${project.name}</title>
<style>${ownHtml(STYLE)}</style>
</head>
<body>
<h1>Build ${build.id}</h1>
<div class="dim">${project.organizationName} / ${project.name}</div>
${renderFacts(view)}
${build.reason ? html`<pre class="${build.state}">${build.reason}</pre>` : undefined}
<h2>Steps</h2>
${steps.length === 0 ? html`<p class="dim">${isOpen ? "None yet." : "None were seen."}</p>` : undefined}
<ol>${steps.map((step) => renderStep(view, step))}</ol>
</body>
</html>
`;
  return renderHtml(page);
}

function renderFacts({ build, targets, steps, now }: BuildView): Html {
  const from = build.startedAt ?? build.createdAt;
  const cached = steps.filter(({ step }) => step.isCached).length;
  const tags = targets.flatMap((target) => target.tags);
  const names = targets.flatMap((target) => target.name ?? []);
  return html`<dl>
<dt>State</dt><dd class="${build.state}">${build.state}</dd>
<dt>Started</dt><dd>${build.createdAt.toISOString()}</dd>
<dt>Took</dt><dd>${formatDuration((build.finishedAt ?? now).getTime() - from.getTime())}</dd>
<dt>Steps</dt><dd>${steps.length}, ${cached} from the cache</dd>
${names.length > 0 ? html`<dt>Targets</dt><dd>${names.join(", ")}</dd>` : undefined}
${tags.length > 0 ? html`<dt>Tags</dt><dd>${tags.join(", ")}</dd>` : undefined}
</dl>`;
}

function renderStep(view: BuildView, { step, log, isLogShortened, warnings }: StepView): Html {
  const state = stateOf(step, view.build);
  const line = html`<span class="name">${step.name || step.digest}</span>
<span class="state ${state}">${state}</span>
<span class="time">${timeOf(step, view)}</span>`;
  if (log === "" && !step.error && warnings.length === 0) return html`<li><div class="row">${line}</div></li>`;
  const url = `/projects/${view.project.id}/builds/${view.build.id}/steps/${step.id}/log`;
  return html`<li><details${state === "error" ? html` open` : undefined}><summary>${line}</summary>
${warnings.map((warning) => html`<p class="note">warning: ${warning}</p>`)}
${log === "" ? undefined : html`<pre>${log}</pre>`}
${step.error ? html`<pre class="error">${step.error}</pre>` : undefined}
${isLogShortened ? html`<p class="note">Only the end is shown: <a href="${url}">whole log</a></p>` : undefined}
</details></li>`;
}

function stateOf(step: Step, build: Build): string {
  if (step.error) return "error";
  if (step.isCached) return "cached";
  if (step.completedAt) return "done";
  if (!step.startedAt || isEnd(build.state)) return step.startedAt ? "canceled" : "";
  return "running";
}

function timeOf({ startedAt, completedAt }: Step, { build, now }: BuildView): string {
  if (!startedAt) return "";
  return formatDuration((completedAt ?? build.finishedAt ?? now).getTime() - startedAt.getTime());
}

/** `0.3s`, `12.5s`, `2m 05s`, `1h 02m`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(Math.floor(seconds % 60)).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}
