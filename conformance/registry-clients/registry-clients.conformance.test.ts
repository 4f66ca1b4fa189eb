import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { parseNormalizedReference } from "@opendepot/oci";
import { startTestRegistry, TestClient, type TestRegistryServer } from "@opendepot/registry/testing";
import { copyImage, openRegistry } from "@opendepot/registry-client";
import { type ProgramOutcome, runProgram, startRegistry } from "@opendepot/testing";
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

  test("what oras has attached goes along with a copy of ours, as it does with its own, and it finds it there", async () => {
    await using old = await startRegistry();
    await writeFile(join(folder, "sbom.json"), "{}\n");
    const login = ["--username", server.username, "--password", server.password];
    const image = await client.pushImage("oras/signed", "1");
    await run(
      "oras",
      "attach",
      "--plain-http",
      ...login,
      "--artifact-type",
      "application/sbom",
      at("oras/signed:1"),
      "sbom.json",
    );
    const open = (name: string) =>
      openRegistry({
        reference: parseNormalizedReference(name),
        access: "push",
        credentials: { lookup: async () => ({ ...server, identityToken: "", registryToken: "" }) },
      });
    const digestsAt = async (name: string, how: readonly string[] = []): Promise<string[]> => {
      const found = JSON.parse(await run("oras", "discover", "--plain-http", ...how, "--format", "json", name));
      return found.referrers.map(({ digest }: { digest: string }) => digest);
    };
    const attached = await digestsAt(at("oras/signed:1"), login);
    await using from = await open(at("oras/signed"));
    await using toOld = await open(`${old.host}/ours`);
    await using toNew = await open(at("oras/ours"));

    for (const to of [toOld, toNew]) await copyImage({ from, to, reference: "1", tags: ["1"], withReferrers: true });
    const fromLogin = ["--from-username", server.username, "--from-password", server.password];
    const plain = ["--from-plain-http", "--to-plain-http", ...fromLogin];
    await run("oras", "copy", "--recursive", ...plain, at("oras/signed:1"), `${old.host}/theirs:1`);
    await run("oras", "copy", ...plain, at("oras/signed:1"), `${old.host}/alone:1`);
    await run("crane", "copy", "--insecure", at("oras/signed:1"), `${old.host}/crane:1`);

    assert.equal(attached.length, 1);
    assert.deepEqual(await digestsAt(`${old.host}/ours:1`), attached);
    assert.deepEqual(await digestsAt(at("oras/ours:1"), login), attached);
    assert.deepEqual(await digestsAt(`${old.host}/theirs:1`), attached);
    // The same under the same names: theirs goes on where ours began.
    const tagsOf = (name: string): Promise<string> =>
      run("oras", "repo", "tags", "--plain-http", `${old.host}/${name}`);
    assert.equal(await tagsOf("ours"), await tagsOf("theirs"));
    assert.match(await tagsOf("ours"), new RegExp(image.digest.replace(":", "-")));
    // Others leave it behind unless they are asked.
    assert.deepEqual([await tagsOf("alone"), await tagsOf("crane")], ["1", "1"]);
  });
});
