import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startTestRegistry, TestClient, type TestRegistryServer } from "@opendepot/registry/testing";
import { type ProgramOutcome, runProgram } from "@opendepot/testing";
import { root } from "../support.ts";

const LIMIT_MS = 9 * 60_000;

suite("clients of registries that are built with Go", { timeout: LIMIT_MS }, () => {
  let server: TestRegistryServer;
  let client: TestClient;
  let programs = "";
  let folder = "";

  before(async () => {
    const script = join(root, "scripts/install-registry-clients.sh");
    const into = join(root, "node_modules/.cache/opendepot/conformance");
    const installed = await runProgram([script, into], { signal: AbortSignal.timeout(LIMIT_MS) });
    assert.equal(installed.code, 0, installed.stderr);
    programs = installed.stdout.trim();
    folder = await mkdtemp(join(tmpdir(), "od-go-clients-"));
    server = await startTestRegistry();
    client = new TestClient(server);
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(name: "crane" | "oras", ...args: string[]): Promise<string> {
    const env = { PATH: process.env["PATH"], HOME: folder, DOCKER_CONFIG: folder };
    const { code, stdout, stderr }: ProgramOutcome = await runProgram([join(programs, name), ...args], {
      cwd: folder,
      env,
    });
    assert.equal(code, 0, `${name} ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  const at = (name: string): string => `${server.host}/${name}`;

  test("crane logs in, copies by mounting, pulls, pushes, tags and deletes", async () => {
    const image = await client.pushImage("crane/one", "1", { layers: [Buffer.alloc(300_000, "layer")] });
    await run("crane", "auth", "login", server.host, "-u", server.username, "-p", server.password, "--insecure");

    await run("crane", "copy", at("crane/one:1"), at("crane/two:1"));
    await run("crane", "pull", "--format", "oci", at("crane/two:1"), "pulled");
    await run("crane", "push", "pulled", at("crane/three:1"));
    await run("crane", "tag", at("crane/three:1"), "2");
    const digests = await Promise.all(
      ["crane/one:1", "crane/two:1", "crane/three:1", "crane/three:2"].map((name) => run("crane", "digest", at(name))),
    );
    const tags = await run("crane", "ls", at("crane/three"));
    await run("crane", "delete", at("crane/three:2"));

    assert.deepEqual(new Set(digests), new Set([image.digest]));
    assert.deepEqual(tags.split("\n").sort(), ["1", "2"]);
    assert.equal(await run("crane", "ls", at("crane/three")), "1");
  });

  test("oras pushes an artifact, attaches to it, finds and copies what is attached, and deletes", async () => {
    await writeFile(join(folder, "notes.txt"), "hello\n");
    await writeFile(join(folder, "sbom.json"), "{}\n");
    const how = ["--plain-http", "--username", server.username, "--password", server.password];
    const both = ["from", "to"].flatMap((side) => [
      `--${side}-plain-http`,
      ...[`--${side}-username`, server.username, `--${side}-password`, server.password],
    ]);

    await run("oras", "push", ...how, at("oras/one:1"), "notes.txt:text/plain");
    await run("oras", "attach", ...how, "--artifact-type", "application/sbom", at("oras/one:1"), "sbom.json");
    await run("oras", "copy", "--recursive", ...both, at("oras/one:1"), at("oras/two:1"));
    const found = JSON.parse(await run("oras", "discover", ...how, "--format", "json", at("oras/two:1")));
    await run("oras", "pull", ...how, "--output", "out", at("oras/two:1"));
    await run("oras", "manifest", "delete", "--force", ...how, at("oras/one:1"));

    assert.deepEqual(
      found.referrers.map(({ artifactType }: { artifactType: string }) => artifactType),
      ["application/sbom"],
    );
    assert.equal(await readFile(join(folder, "out/notes.txt"), "utf8"), "hello\n");
    // The registry keeps referrers itself: no client has to make tags for them.
    assert.equal(await run("oras", "repo", "tags", ...how, at("oras/two")), "1");
    assert.equal(await run("oras", "repo", "tags", ...how, at("oras/one")), "");
  });
});
