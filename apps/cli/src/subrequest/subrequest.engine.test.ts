import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type BuildkitClient,
  buildWithGateway,
  callSubrequest,
  createFileSync,
  openBuildkit,
  SolveError,
  type SubrequestResult,
} from "@opendepot/buildkit";
import { runProgram, startTestEngine, type TestEngine, testBuildx } from "@opendepot/testing";
import { printCall } from "./print-call.ts";
import { DOCKERFILES } from "./testing/dockerfiles.ts";
import { type RecordedCall, writeRecordedCalls } from "./testing/recorded-calls.ts";

const CALLS = ["lint", "lint,format=json", "outline", "outline,format=json", "targets", "subrequests.describe"];

// Which engine answers does not matter: the frontend is the same, and it is the printing that is tested.
describe("calls are shown as by docker buildx on the same engine", { timeout: 300_000 }, () => {
  let engine: TestEngine;
  let client: BuildkitClient;
  let buildx: (args: readonly string[]) => ReturnType<typeof runProgram>;
  const recorded: RecordedCall[] = [];
  const cleanup = new AsyncDisposableStack();

  before(async () => {
    engine = cleanup.use(await startTestEngine({ kind: "buildkitd" }));
    client = cleanup.use(await openBuildkit(engine.endpoint));
    const folder = mkdtempDisposableSync(path.join(tmpdir(), "calls-"));
    cleanup.defer(() => folder.remove());
    const program = await testBuildx();
    const env = { ...process.env, HOME: folder.path, BUILDX_CONFIG: folder.path, DOCKER_CONFIG: folder.path };
    buildx = (args) => runProgram([program, ...args], { env });
    assert.ok(engine.endpoint.kind === "unix");
    const created = await buildx(["create", "--name", "calls", "--driver", "remote", `unix://${engine.endpoint.path}`]);
    assert.equal(created.code, 0, created.stderr);
  });
  after(async () => {
    if (process.env["UPDATE_TESTDATA"] === "1") writeRecordedCalls(recorded);
    await cleanup.disposeAsync();
  });

  async function askBuildx(folder: string, call: string): Promise<RecordedCall["buildx"]> {
    const { code, stdout, stderr } = await buildx(["build", "--builder", "calls", `--call=${call}`, folder]);
    const shown = (text: string): string => text.replaceAll(path.join(folder, "Dockerfile"), "Dockerfile");
    const [, error] = stderr.split(/^ERROR: /m);
    return { stdout: shown(stdout), exitCode: code ?? -1, ...(error ? { error: shown(error.slice(0, -1)) } : {}) };
  }

  async function ask(folder: string, call: string): Promise<SubrequestResult> {
    const [method = ""] = call.split(",");
    const { promise, resolve } = Promise.withResolvers<SubrequestResult>();
    const services = [createFileSync({ context: { path: folder }, dockerfile: { path: folder } })];
    await buildWithGateway(client, { services }, async (gateway) => {
      resolve(await callSubrequest(gateway, method, { frontend: "dockerfile.v0" }));
      return undefined;
    });
    return await promise;
  }

  for (const [name, dockerfile] of Object.entries(DOCKERFILES)) {
    test(`of a Dockerfile with ${name}`, async () => {
      using folder = mkdtempDisposableSync(path.join(tmpdir(), "calls-"));
      writeFileSync(path.join(folder.path, "Dockerfile"), dockerfile);
      for (const call of CALLS) {
        const buildxOutcome = await askBuildx(folder.path, call);
        const result = await ask(folder.path, call).catch((error: unknown) => {
          assert.ok(error instanceof SolveError, String(error));
          assert.match(buildxOutcome.error ?? "", /failed to solve/);
          return undefined; // such an error is shown like that of any build
        });
        if (result) recorded.push({ name, call, dockerfile, ...compare(result, call, buildxOutcome) });
      }
    });
  }
});

/** Checks our output, and gives what is to be kept of both. */
function compare(
  result: SubrequestResult,
  call: string,
  buildx: RecordedCall["buildx"],
): Pick<RecordedCall, "result" | "buildx"> {
  const [method = "", format = ""] = call.split(",format=");
  const printed = printCall(result, { method, format, isStatusIgnored: false });
  const isJson = format === "json";
  assert.equal(isJson ? slim(printed.text) : printed.text, isJson ? slim(buildx.stdout) : buildx.stdout, call);
  assert.equal(printed.error, buildx.error);
  assert.equal(printed.exitCode, buildx.exitCode);
  const json = slim(result.json);
  return { result: { ...result, json }, buildx: { ...buildx, stdout: isJson ? `${json}\n` : buildx.stdout } };
}

/** Without the LLB in it, which is never shown and never the same. */
function slim(json: string): string {
  return JSON.stringify(
    JSON.parse(json, (key, value) => (key === "definition" ? undefined : value)),
    undefined,
    2,
  );
}
