import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";
import { type BuildkitClient, openBuildkit } from "./client.ts";
import type { Endpoint } from "./endpoint.ts";
import { SolveError } from "./errors.ts";
import { GetSecretRequest, GetSecretResponse } from "./gen/moby/buildkit/secrets/v1/secrets.ts";
import { Control, type StatusResponse } from "./gen/moby/buildkit/v1/control.ts";
import { randomId } from "./random-id.ts";
import { GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import type { SessionService } from "./session/service.ts";
import { solve } from "./solve.ts";
import type { SolveInput } from "./solve-input.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import { defineFiles, defineRun, type LlbFile } from "./testing/llb.ts";
import { startTlsPipe, tlsEndpoint } from "./testing/tls-pipe.ts";
import { decode, encode } from "./wire/codec.ts";

const busybox: LlbFile = { path: "/busybox", data: await readFile(join(await testBaseImage(), "busybox")) };

function run(script: string, secretId?: string): SolveInput["definition"] {
  return defineRun({ files: [busybox], args: ["/busybox", "sh", "-c", script], ...(secretId ? { secretId } : {}) });
}

/** A Dockerfile build whose context and Dockerfile are LLB, so that no file has to be sent. */
function dockerfile(text: string): SolveInput {
  const file = { path: "/Dockerfile", data: Buffer.from(text), mode: 0o644 };
  const frontendInputs = { context: defineFiles([busybox]), dockerfile: defineFiles([file]) };
  return { frontend: "dockerfile.v0", frontendInputs };
}

function recorder(): { readonly statuses: StatusResponse[]; readonly onStatus: (status: StatusResponse) => void } {
  const statuses: StatusResponse[] = [];
  return { statuses, onStatus: (status) => void statuses.push(status) };
}

function logText(statuses: readonly StatusResponse[]): string {
  return statuses.flatMap(({ logs }) => logs.map(({ msg }) => Buffer.from(msg).toString())).join("");
}

async function failureOf(solving: Promise<unknown>): Promise<SolveError> {
  const error = await solving.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SolveError, String(error));
  return error;
}

const tests: Readonly<Record<string, (client: BuildkitClient, endpoint: Endpoint) => Promise<void>>> = {
  "tells its version, workers and cache": async (client) => {
    assert.ok((await client.info())?.version);
    assert.ok((await client.listWorkers())[0]?.platforms.some(({ os }) => os === "linux"));
    await solve(client, { definition: run("echo cached") });
    assert.ok((await client.diskUsage()).length > 0);
    const pruned = await Array.fromAsync(client.prune({ all: true }));
    assert.ok(pruned.length > 0);
    assert.ok((await client.diskUsage()).length < pruned.length);
  },

  "solves, tells every step and log line, and the second time takes all from the cache": async (client) => {
    const definition = run(`echo out ${randomId()}; echo err >&2`);
    const [first, second] = [recorder(), recorder()];
    await solve(client, { definition }, first);
    await solve(client, { definition }, second);
    assert.match(logText(first.statuses), /out .{25}\n/);
    assert.match(logText(first.statuses), /err\n/);
    const steps = second.statuses.flatMap((status) => status.vertexes).filter(({ name }) => name.includes("echo out"));
    assert.equal(steps.at(-1)?.cached, true);
    assert.equal(logText(second.statuses), "");
  },

  "asks the session's services": async (client) => {
    const secrets: SessionService = {
      name: "moby.buildkit.secrets.v1.Secrets",
      methods: {
        GetSecret: async (call) => {
          for await (const message of call.messages) {
            const { id } = decode(GetSecretRequest, message);
            if (id !== "token") throw new GrpcError(GrpcCode.permissionDenied, `no secret ${id}`);
            await call.send(encode(GetSecretResponse, { data: Buffer.from("s3cret") }));
          }
        },
      },
    };
    const { statuses, onStatus } = recorder();
    const definition = run(`: ${randomId()}; /busybox rev /run/secrets/token`, "token");
    await solve(client, { definition, services: [secrets] }, { onStatus });
    assert.match(logText(statuses), /terc3s/);
    const missing = await failureOf(solve(client, { definition: run(":", "other"), services: [secrets] }));
    assert.match(missing.message, /no secret other/);
  },

  "a failed process tells its exit code and step": async (client) => {
    const { facts, message } = await failureOf(solve(client, { definition: run("exit 42") }));
    assert.equal(facts.exitCode, 42);
    assert.match(facts.vertex ?? "", /^sha256:[0-9a-f]{64}$/);
    assert.match(message, /exit code: 42/);
  },

  "an error in a Dockerfile tells file, text and lines": async (client) => {
    const text = 'FROM scratch\nCOPY busybox /\nRUN ["/busybox", "false"]\n';
    const { facts } = await failureOf(solve(client, dockerfile(text)));
    const [source] = facts.sources;
    assert.equal(source?.filename, "Dockerfile");
    assert.equal(Buffer.from(source?.data ?? []).toString(), text);
    assert.equal(source?.ranges[0]?.start.line, 3);
    const syntax = await failureOf(solve(client, dockerfile("FROM scratch\nCOPYY a b\n")));
    assert.equal(syntax.facts.sources[0]?.ranges[0]?.start.line, 2);
  },

  "an error with hundreds of kilobytes of details arrives whole, also when the history does not keep it": async (
    client,
  ) => {
    const filler = `# ${"x".repeat(998)}\n`.repeat(200);
    const text = `FROM scratch\n${filler}COPY busybox /\nRUN ["/busybox", "sh", "-c", "exit 7"]\n`;
    for (const isInternal of [false, true]) {
      const error = await failureOf(solve(client, { ...dockerfile(text), isInternal }));
      assert.match(error.message, /exit code: 7/);
      assert.equal(error.facts.sources[0]?.data.length, text.length);
    }
  },

  "an abort ends the solve on both sides": async (client) => {
    const marker = randomId();
    const abort = new AbortController();
    const reason = new Error("enough");
    const running = Promise.withResolvers<void>();
    const solving = solve(
      client,
      { definition: run(`echo started; /busybox sleep 1000; : ${marker}`) },
      { signal: abort.signal, onStatus: (status) => void (status.logs.length > 0 && running.resolve()) },
    );
    solving.catch(running.reject);
    await running.promise;
    assert.ok((await processesWith(marker)).length > 0);

    const aborted = performance.now();
    abort.abort(reason);
    await assert.rejects(solving, (error) => error === reason);

    assert.ok(performance.now() - aborted < 1_000, "took longer than a second");
    await until(async () => (await processesWith(marker)).length === 0);
    const active = { activeOnly: true, earlyExit: true };
    await until(async () => {
      const events = await Array.fromAsync(client.channel.serverStream(Control.listenBuildHistory, active));
      return events.length === 0;
    });
  },

  "a listener that throws ends the solve with its error": async (client) => {
    const failure = new Error("cannot print");
    const onStatus = (): void => {
      throw failure;
    };
    await assert.rejects(
      solve(client, { definition: run(`/busybox sleep 1000; ${randomId()}`) }, { onStatus }),
      (error) => error === failure,
    );
  },

  "what an image exporter made can be read back": async (client) => {
    const { exporterResponse } = await solve(client, {
      ...dockerfile("FROM scratch\nCOPY busybox /\n"),
      exporters: [{ type: "image", attrs: { name: "test.invalid/hello:1" } }],
    });
    const digest = exporterResponse["containerimage.digest"] ?? "";
    const info = await client.contentInfo(digest);
    const bytes = Buffer.concat(await Array.fromAsync(client.readContent(digest)));
    assert.equal(BigInt(bytes.length), info?.size);
    assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, digest);
    const part = Buffer.concat(await Array.fromAsync(client.readContent(digest, { offset: 2, length: 5 })));
    assert.deepEqual(part, bytes.subarray(2, 7));
    assert.equal(await client.contentInfo(`sha256:${"0".repeat(64)}`), undefined);
  },

  "works over mutual TLS": async (_client, endpoint) => {
    if (endpoint.kind !== "unix") return;
    const authority = await createTestAuthority();
    const server = { ca: authority.ca, ...(await authority.issue("builder.test")) };
    await using pipe = await startTlsPipe({ path: endpoint.path }, server);
    await using client = await openBuildkit(tlsEndpoint(pipe, await authority.clientTls("builder.test")));
    const { statuses, onStatus } = recorder();
    await solve(client, { definition: run(`echo over TLS ${randomId()}`) }, { onStatus });
    assert.match(logText(statuses), /over TLS/);
  },
};

for (const kind of await testEngineKinds()) {
  test(`BuildKit in ${kind}`, { timeout: 180_000 }, async (t: TestContext) => {
    await using engine = await startTestEngine({ kind });
    for (const [name, body] of Object.entries(tests)) {
      await t.test(name, async () => {
        await using client = await openBuildkit(engine.endpoint);
        await body(client, engine.endpoint);
      });
    }
    await t.test("an engine that dies fails the solve as unavailable within 2 s", async () => {
      await using client = await openBuildkit(engine.endpoint);
      const { promise: started, resolve } = Promise.withResolvers<void>();
      const definition = run(`echo on; /busybox sleep 5; ${randomId()}`);
      const solving = solve(
        client,
        { definition },
        { onStatus: ({ logs }) => (logs.length > 0 ? resolve() : undefined) },
      );
      solving.catch(() => undefined);
      await started;
      await engine.kill();
      const killed = performance.now();
      await assert.rejects(solving, (error) => error instanceof GrpcError && error.code === GrpcCode.unavailable);
      assert.ok(performance.now() - killed < 2_000);
    });
  });
}

/** Ids of the processes on this machine whose command line holds `marker`. */
async function processesWith(marker: string): Promise<string[]> {
  const found = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (commandLine.includes(marker)) found.push(pid);
  }
  return found;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let wait = 0; wait < 100; wait++) {
    if (await isTrue()) return;
    await sleep(100);
  }
  assert.fail("did not become true within 10 s");
}
