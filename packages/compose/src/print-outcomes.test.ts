import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { messageOf } from "@opendepot/base";
import { loadComposeProject, parseDotenv } from "./index.ts";
import type { ComposeProject } from "./project.ts";
import { MemoryFiles } from "./testing/memory-files.ts";
import { type PrintCase, type PrintOutcome, readPrintCases } from "./testing/print-cases.ts";

const casesPath = new URL("./testdata/print-cases.txt", import.meta.url);
const outcomesPath = new URL("./testdata/print-outcomes.json", import.meta.url);
const cases = readPrintCases(casesPath);

// What the compose file alone decides; the rest goes through the readers of build flags.
const COMPARED = new Set([
  ..."context contexts dockerfile dockerfile-inline args labels tags target platforms pull no-cache network".split(" "),
  ..."extra-hosts ulimits secret".split(" "),
]);

// Renews the outcomes with the real command: UPDATE_TESTDATA="docker buildx" node --test <this file>
if (process.env["UPDATE_TESTDATA"] !== undefined) renewOutcomes(process.env["UPDATE_TESTDATA"].split(" "));

const outcomes = JSON.parse(readFileSync(outcomesPath, "utf8")) as Record<string, PrintOutcome>;

for (const input of cases) {
  test(`loads what docker buildx bake loads: ${input.name}`, () => {
    const outcome = outcomes[input.name];

    const actual = load(input);

    assert.deepEqual(actual, outcome);
  });
}

test("every outcome has its case", () => {
  assert.deepEqual(Object.keys(outcomes), [...new Set(cases.map(({ name }) => name))]);
});

function load({ files, composeFiles, environment }: PrintCase): PrintOutcome {
  const reader = new MemoryFiles(files);
  const variables = new Map(Object.entries(environment));
  for (const [name, value] of parseDotenv(files[".env"] ?? "", (key) => variables.get(key)))
    if (!variables.has(name)) variables.set(name, value);
  const options = { environment: variables, workingDir: "/work", ...reader };
  // The command first looks at each file alone, without its name, then loads all of them.
  try {
    for (const name of composeFiles)
      loadComposeProject([{ name: "", content: files[name] ?? "" }], { ...options, skipConsistencyCheck: true });
  } catch (error) {
    return { error: messageOf(error) };
  }
  try {
    const inputs = composeFiles.map((name) => ({ name, content: files[name] ?? "" }));
    return { targets: printTargets(loadComposeProject(inputs, options)) };
  } catch (error) {
    return { error: `failed to parse compose file: ${messageOf(error)}` };
  }
}

/** The attributes of a target that come from the compose file without further reading. */
function printTargets(project: ComposeProject): Record<string, Record<string, unknown>> {
  const targets: Record<string, Record<string, unknown>> = {};
  for (const { name, image, build, environment } of project.services.values()) {
    if (build === undefined) continue;
    const args: [string, string][] = [];
    for (const [key, value] of build.args) {
      const found = value ?? environment.get(key) ?? project.environment.get(key);
      if (found !== undefined) args.push([key, found]);
    }
    const tags = build.tags.length > 0 ? build.tags : image === "" ? [] : [image];
    targets[name.replaceAll(".", "_")] = withoutEmpty({
      context: build.context,
      contexts: printContexts(build.additionalContexts),
      dockerfile: build.dockerfile || "Dockerfile",
      "dockerfile-inline": escapeTemplate(build.dockerfileInline),
      args: Object.fromEntries(args.map(([key, value]) => [key, escapeTemplate(value)])),
      labels: Object.fromEntries(build.labels),
      tags,
      target: build.target,
      platforms: build.platforms,
      pull: build.pull,
      "no-cache": build.noCache,
      network: build.network,
      "extra-hosts": Object.fromEntries([...build.extraHosts].map(([host, ips]) => [host, ips.join(",")])),
      ulimits: [...build.ulimits].map(([key, { soft, hard }]) => `${key}=${soft}:${hard}`).sort(),
      secret: build.secrets.map(({ source }) => ({ id: source, env: project.secrets.get(source)?.environment })),
    });
  }
  return targets;
}

/** What is printed can be read back as a bake file. */
function escapeTemplate(text: string): string {
  return text.replaceAll("${", () => "$${");
}

function printContexts(contexts: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...contexts].map(([key, value]) => [key, value.replace(/^service:/, "target:")]));
}

function withoutEmpty(target: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === "" || value === false || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(target).filter(([, value]) => !isEmpty(value)));
}

function renewOutcomes(command: readonly string[]): void {
  const renewed = Object.fromEntries(cases.map((input) => [input.name, runPrint(command, input)]));
  writeFileSync(outcomesPath, `${JSON.stringify(renewed, undefined, 1)}\n`);
}

function runPrint([program = "docker", ...words]: readonly string[], input: PrintCase): PrintOutcome {
  const directory = mkdtempSync(join(tmpdir(), "compose-print-"));
  for (const [path, text] of Object.entries(input.files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const env = { PATH: process.env["PATH"], HOME: directory, ...input.environment };
  const flags = input.composeFiles.flatMap((file) => ["-f", file]);
  const result = spawnSync(program, [...words, "bake", "--print", ...flags], { cwd: directory, env, encoding: "utf8" });
  rmSync(directory, { recursive: true });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0)
    return { error: result.stderr.slice(result.stderr.indexOf("ERROR: ") + 7).replace(/\n$/, "") };
  const printed = JSON.parse(result.stdout) as { target?: Record<string, Record<string, unknown>> };
  const targets = Object.entries(printed.target ?? {}).map(([name, target]) => [
    name,
    Object.fromEntries(
      Object.entries(target)
        .filter(([key]) => COMPARED.has(key))
        // The command prints these in an order that changes.
        .map(([key, value]) => [key, key === "ulimits" && Array.isArray(value) ? value.sort() : value]),
    ),
  ]);
  return { targets: Object.fromEntries(targets) as NonNullable<PrintOutcome["targets"]> };
}
