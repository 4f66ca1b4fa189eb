import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { startTestRegistry } from "@opendepot/registry/testing";
import { runProgram } from "@opendepot/testing";
import { root } from "../support.ts";

const LIMIT_MS = 9 * 60_000;
/** At level 1.1 with sha512; a suite that runs less of it proves less. */
const MIN_TESTS = 840;

interface Outcome {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
  readonly output: string;
}

suite("the conformance suite of the distribution-spec, level 1.1", { timeout: LIMIT_MS }, () => {
  let program = "";

  before(async () => {
    const script = join(root, "scripts/install-distribution-conformance.sh");
    const into = join(root, "node_modules/.cache/opendepot/conformance");
    const signal = AbortSignal.timeout(LIMIT_MS);
    const { code, stdout, stderr } = await runProgram([script, into], { signal });
    assert.equal(code, 0, stderr);
    program = stdout.trim();
  });

  const run = async (registry: string, settings: Readonly<Record<string, string>>): Promise<Outcome> => {
    const folder = await mkdtemp(join(tmpdir(), "od-conformance-"));
    try {
      const { stdout, stderr } = await runProgram([program], {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          OCI_REGISTRY: registry,
          OCI_TLS: "disabled",
          OCI_VERSION: "1.1",
          OCI_REPO1: "conformance/one",
          OCI_REPO2: "conformance/two",
          OCI_RESULTS_DIR: folder,
          OCI_API_BLOBS_DIGEST_HEADER: "true",
          OCI_API_BLOBS_UPLOAD_CANCEL: "true",
          OCI_API_MANIFESTS_DIGEST_HEADER: "true",
          ...settings,
        },
      });
      const junit = await readFile(join(folder, "junit.xml"), "utf8");
      // What is zero is left out.
      const count = (name: string): number =>
        Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(junit)?.[1] ?? 0);
      return { tests: count("tests"), failures: count("failures"), skipped: count("skipped"), output: stdout + stderr };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test("passes in full where everybody may do everything", async () => {
    const everything = new Set(["pull", "push", "delete"] as const);
    const access = { identify: async () => undefined, actions: async () => everything };
    await using server = await startTestRegistry({ access, anonymous: { id: "anybody" } });

    const { tests, failures, skipped, output } = await run(server.host, {});

    assert.equal(failures, 0, output);
    assert.equal(skipped, 0, output);
    assert.ok(tests >= MIN_TESTS, `only ${tests} tests were run`);
  });

  test("fails nowhere with tokens, which do not hold what was not asked for", async () => {
    await using server = await startTestRegistry();
    const login = { OCI_USERNAME: server.username, OCI_PASSWORD: server.password };

    const { tests, failures, output } = await run(server.host, login);

    assert.equal(failures, 0, output);
    assert.ok(tests >= MIN_TESTS, `only ${tests} tests were run`);
  });

  test("passes what the level to come adds: several tags with one manifest", async () => {
    await using server = await startTestRegistry();
    const login = { OCI_USERNAME: server.username, OCI_PASSWORD: server.password };

    const { failures, output } = await run(server.host, { ...login, OCI_VERSION: "dev" });

    assert.equal(failures, 0, output);
  });
});
