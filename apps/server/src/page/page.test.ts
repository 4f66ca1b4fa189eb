import assert from "node:assert/strict";
import { test } from "node:test";
import { type BuildView, formatDuration, renderBuildPage } from "./build-view.ts";
import { html, renderHtml } from "./html.ts";
import { toLogText } from "./log-text.ts";

const ATTACK = `"><script>alert('x')</script>&`;

const view: BuildView = {
  build: {
    ...{ id: "b1", number: 1n, projectId: "p1", organizationId: "o1", state: "failed", reason: ATTACK },
    ...{ createdAt: new Date(0), startedAt: new Date(1000), finishedAt: new Date(9000) },
  },
  project: {
    ...{ id: "p1", organizationId: "o1", organizationName: ATTACK, name: ATTACK, region: "local", hardware: 1 },
    ...{ cachePolicy: { keepBytes: 1, keepDays: 1 }, imageRetention: { keepDays: 7, keepCount: 0 } },
    createdAt: new Date(0),
  },
  targets: [
    {
      ...{ command: 1, name: ATTACK, tags: [ATTACK], outputs: [], saveTags: [] },
      ...{ push: false, load: false, lint: false, save: false },
    },
  ],
  steps: [
    {
      step: {
        ...{ id: 7n, ref: "r", digest: "sha256:a", name: ATTACK, inputs: [], isCached: false, error: ATTACK },
        ...{ startedAt: new Date(1000), completedAt: new Date(4500), logBytes: 10, isLogCut: false },
      },
      ...{ log: ATTACK, isLogShortened: true, warnings: [ATTACK] },
    },
    {
      step: {
        ...{ id: 8n, ref: "r", digest: "sha256:b", name: "COPY . .", inputs: [], isCached: true, error: undefined },
        ...{ startedAt: new Date(1000), completedAt: new Date(1000), logBytes: 0, isLogCut: false },
      },
      ...{ log: "", isLogShortened: false, warnings: [] },
    },
  ],
  now: new Date(10_000),
};

test("nothing that a build says of itself becomes HTML", () => {
  const page = renderBuildPage(view);

  assert.ok(!page.includes("<script"), "no element of an attacker");
  assert.ok(!page.includes(`">&lt;`) && !page.includes(ATTACK), "no attribute is left early");
  assert.equal(page.split("&lt;script&gt;").length - 1, 10, "every place that shows it shows it escaped");
});

test("the page says how the build went and how long each step took", () => {
  const page = renderBuildPage(view);

  assert.match(page, /<dd class="failed">failed<\/dd>/);
  assert.match(page, /<dt>Took<\/dt><dd>8\.0s<\/dd>/);
  assert.match(page, /<dt>Steps<\/dt><dd>2, 1 from the cache<\/dd>/);
  assert.match(page, /<span class="time">3\.5s<\/span>/);
  assert.match(page, /<span class="state cached">cached<\/span>/);
  assert.match(page, /href="\/projects\/p1\/builds\/b1\/steps\/7\/log"/);
  assert.doesNotMatch(page, /http-equiv/, "a page that changes no more is not loaded again");
  assert.match(renderBuildPage({ ...view, build: { ...view.build, state: "running" } }), /http-equiv="refresh"/);
});

test("the tag for HTML escapes text, lists and attributes, and leaves its own pieces", () => {
  const inner = html`<b>${"<i>"}</b>`;
  assert.equal(
    renderHtml(html`<p title="${`"'`}">${inner}${["<", inner]}${undefined}${0}</p>`),
    `<p title="&quot;&#39;"><b>&lt;i&gt;</b>&lt;<b>&lt;i&gt;</b>0</p>`,
  );
});

test("a log loses colours and control characters, and redrawn lines but for their last form", () => {
  const message = Buffer.from("\u001b[31mred\u001b[0m\r\n10%\r55%\r100%\nbell\u0007 a\tb\nh\u00e9");
  const [first, second] = [message.subarray(0, message.length - 1), message.subarray(message.length - 1)];

  assert.equal(toLogText([{ message: first }, { message: second }]), "red\n100%\nbell a\tb\nhé");
});

test("durations are short and keep their order of magnitude", () => {
  assert.deepEqual([-5, 0, 349, 12_340, 125_000, 3_720_000].map(formatDuration), [
    "0.0s",
    "0.0s",
    "0.3s",
    "12.3s",
    "2m 05s",
    "1h 02m",
  ]);
});
