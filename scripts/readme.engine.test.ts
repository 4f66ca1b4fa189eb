import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram, startDockerd, startTestServer, testEngineKinds } from "@opendepot/testing";

const root = join(import.meta.dirname, "..");
const depot = [process.execPath, join(root, "apps/cli/bin/depot.js")];

/** The `depot …` lines of the README's shell examples, without their comments. */
async function readExamples(): Promise<string[]> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  const lines = blocks.flatMap((block) => block.split("\n")).map((line) => line.replace(/\s+#.*/, ""));
  return lines.filter((line) => line.startsWith("depot "));
}

test("the README's commands do what it says, in its order", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "od-readme-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY greeting.txt /\n");
  await writeFile(join(folder, "greeting.txt"), "hello\n");
  await writeFile(join(folder, "docker-bake.hcl"), 'target "default" {\n  tags = ["shop/web"]\n}\n');
  const [engine = "buildkitd"] = await testEngineKinds();
  await using server = await startTestServer({ engine });
  await using docker = await startDockerd({ store: "containerd" });
  const own = { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, DOCKER_HOST: docker.host };
  const env = { PATH: process.env["PATH"], HOME: folder, ...own };
  const examples = await readExamples();
  assert.ok(examples.length >= 4, examples.join("\n"));

  const known: Record<string, string> = {};
  for (const line of examples) {
    const args = line
      .split(/\s+/)
      .slice(1)
      .map((word) => known[word] ?? word);
    const { code, stdout, stderr } = await runProgram([...depot, ...args], { cwd: folder, env });
    assert.equal(code, 0, `${line}\n${stderr}`);
    known["PROJECT"] ??= /Project ID:\s+(\S+)/.exec(stdout)?.[1] ?? "";
    known["BUILD-ID"] = /^Saved: build (\S+)$/m.exec(stderr)?.[1] ?? known["BUILD-ID"] ?? "";
  }

  assert.equal(await readFile(join(folder, "out/greeting.txt"), "utf8"), "hello\n");
  assert.equal(JSON.parse(await readFile(join(folder, "depot.json"), "utf8")).id, known["PROJECT"]);
  assert.match((await docker.docker(["images", "--quiet"])).stdout, /^[0-9a-f]+$/m);
});
