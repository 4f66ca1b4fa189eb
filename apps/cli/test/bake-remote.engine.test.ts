import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { runProgram, startSshServer, startTestServer, type TestServer, testEngineKinds } from "@opendepot/testing";
import { startWebServer, type WebServer } from "./git-server.ts";
import { openContext } from "./open-context.ts";
import { type DepotOptions, type DepotOutcome, runDepot } from "./run-depot.ts";
import { makeSshKey, startSshAgent } from "./ssh-keys.ts";

const DEFINITION = `
variable "WHERE" { default = "\${BAKE_CMD_CONTEXT}" }
group "default" { targets = ["root", "sub"] }
target "root" {
  contexts = { other = "sub" }
  output   = ["type=local,dest=root"]
}
target "sub" {
  context = "sub"
  output  = ["type=local,dest=sub"]
}
target "linked" {
  dockerfile-inline = <<EOT
FROM scratch
COPY --from=lower name.txt /
COPY --from=folder . /folder/
COPY --from=all name.txt /all.txt
EOT
  contexts = {
    lower  = "target:sub"
    folder = "./sub"
    all    = "."
  }
  output = ["type=local,dest=linked"]
}
target "here" {
  context    = "cwd://local"
  output     = ["type=local,dest=here"]
  dockerfile = "cwd://local/Dockerfile"
}
`;

const PROJECT = {
  "docker-bake.hcl": DEFINITION,
  Dockerfile: "FROM scratch\nCOPY name.txt /\nCOPY --from=other name.txt /other.txt\n",
  "name.txt": "root\n",
  "sub/Dockerfile": "FROM scratch\nCOPY name.txt /\n",
  "sub/name.txt": "sub\n",
};

/** A bare repository of a folder's files, as `NAME.git` in another one. */
async function makeRepository(files: string, repositories: string): Promise<void> {
  const git = async (...args: string[]): Promise<void> => {
    const done = await runProgram(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: files,
      env: { PATH: process.env["PATH"], HOME: files },
    });
    assert.equal(done.code, 0, done.stderr);
  };
  await git("init", "-q", "-b", "main");
  await git("add", "docker-bake.hcl", "Dockerfile", "name.txt", "sub");
  await git("commit", "-q", "-m", "all");
  await git("clone", "-q", "--bare", files, join(repositories, "project.git"));
}

for (const engine of await testEngineKinds()) {
  suite(`depot bake of remote definitions with ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let server: TestServer;
    let open: WebServer;
    let guarded: WebServer;
    let projectId = "";
    let repository = "";
    const depot = (args: readonly string[], options: DepotOptions): Promise<DepotOutcome> => {
      const connected = { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, DEPOT_PROJECT_ID: projectId };
      return runDepot(args, { ...options, env: { ...connected, ...options.env } });
    };
    /** Of the project's builds, newest first. */
    const builds = async (): Promise<{ id: string; status: string }[]> =>
      JSON.parse((await depot(["list", "builds", "--project", projectId, "--output", "json"], {})).stdout);
    const statuses = async (): Promise<string[]> => (await builds()).map(({ status }) => status);
    const createProject = async (name: string): Promise<string> =>
      /Project ID:\s+(\S+)/.exec((await depot(["projects", "create", name], {})).stdout)?.[1] ?? "";

    before(async () => {
      server = cleanup.use(await startTestServer({ engine }));
      const files = cleanup.use(await openContext(PROJECT));
      const repositories = cleanup.use(await openContext({})).path;
      repository = join(repositories, "project.git");
      await makeRepository(files.path, repositories);
      const packed = await runProgram(["tar", "c", "--exclude=busybox", "--exclude=.git", "."], {
        cwd: files.path,
      });
      assert.equal(packed.code, 0, packed.stderr);
      const served = {
        repositories,
        files: {
          "/docker-bake.hcl": Buffer.from(`# ${"long ".repeat(1000)}\n${DEFINITION}`),
          "/broken.hcl": Buffer.from('target "default" {\n  args = { a = nothing }\n}\n'),
          "/elsewhere.hcl": Buffer.from('variable "OTHER" {}\ntarget "default" {\n  project_id = OTHER\n}\n'),
          "/project.tar": Buffer.from(packed.stdout, "latin1"),
        },
      };
      open = cleanup.use(await startWebServer(served));
      guarded = cleanup.use(await startWebServer({ ...served, token: "open sesame" }));
      projectId = await createProject("remote");
    });
    after(() => cleanup.disposeAsync());

    test("a repository's definition is built from the repository, in one build", async () => {
      await using here = await openContext({});
      const url = `${open.url}/git/project.git`;

      const built = await depot(["bake", "--progress", "plain", url], { cwd: here.path });
      const shown = await depot(["bake", "--progress", "plain", "--print", url], { cwd: here.path });

      assert.equal(built.code, 0, built.stderr);
      const read = (path: string): Promise<string> => readFile(join(here.path, path), "utf8");
      assert.deepEqual(await Promise.all(["root/name.txt", "root/other.txt", "sub/name.txt"].map(read)), [
        "root\n",
        "sub\n",
        "sub\n",
      ]);
      assert.equal(new Set(built.stderr.match(/Build summary: \S+/g)).size, 1);
      const { target } = JSON.parse(shown.stdout) as { target: Record<string, { context: string }> };
      assert.deepEqual([target["root"]?.context, target["sub"]?.context], [url, `${url}#:sub`]);
      assert.deepEqual(await statuses(), ["finished", "finished"]);
    });

    test("files and folders of this machine are named with cwd://, and the others are not looked at", async () => {
      await using here = await openContext({
        "docker-bake.hcl": "this is no definition",
        "own.hcl": 'target "sub" { labels = { from = "here" } }',
        "local/Dockerfile": "FROM scratch\nCOPY own.txt /\n",
        "local/own.txt": "mine\n",
      });
      const url = `${open.url}/git/project.git#main`;

      const shown = await depot(["bake", "-f", "docker-bake.hcl", "-f", "cwd://own.hcl", "--print", url, "sub"], {
        cwd: here.path,
      });
      const built = await depot(["bake", url, "here"], { cwd: here.path });

      assert.match(shown.stdout, /"from": "here"/, shown.stderr);
      assert.equal(built.code, 0, built.stderr);
      assert.equal(await readFile(join(here.path, "here/own.txt"), "utf8"), "mine\n");
    });

    test("a private repository is read with the token or the header of the environment", async () => {
      await using here = await openContext({});
      const args = ["bake", `${guarded.url}/git/project.git`, "sub"];

      const without = await depot(args, { cwd: here.path });
      const wrong = await depot(args, { cwd: here.path, env: { BUILDX_BAKE_GIT_AUTH_TOKEN: "close sesame" } });
      const header = `basic ${btoa("somebody:open sesame")}`;
      const ways = [{ BUILDX_BAKE_GIT_AUTH_TOKEN: "open sesame" }, { BUILDX_BAKE_GIT_AUTH_HEADER: header }];

      assert.deepEqual([without.code, wrong.code], [1, 1]);
      for (const env of ways) {
        await rm(join(here.path, "sub"), { recursive: true, force: true });
        const built = await depot([...args, "--set", `sub.labels.way=${Object.keys(env)}`], { cwd: here.path, env });
        assert.equal(built.code, 0, built.stderr);
        assert.equal(await readFile(join(here.path, "sub/name.txt"), "utf8"), "sub\n");
      }
    });

    test("a private repository over SSH is read and built with the agent, or read with a key", async () => {
      await using here = await openContext({});
      const key = join(here.path, "key");
      await using ssh = await startSshServer({ authorizedKeys: await makeSshKey(key) });
      await using agent = await startSshAgent(here.path, key);
      const url = `ssh://${ssh.login}${repository}`;

      const built = await depot(["bake", url], { cwd: here.path, env: { SSH_AUTH_SOCK: agent.socket } });
      const shown = await depot(["bake", "--print", `${url}#main`], {
        cwd: here.path,
        env: { SSH_AUTH_SOCK: agent.socket, BUILDX_BAKE_GIT_SSH: key },
      });
      const without = await depot(["bake", `${url}#HEAD`], { cwd: here.path });

      assert.equal(built.code, 0, `${built.stderr}\n${ssh.log()}`);
      assert.equal(await readFile(join(here.path, "root/other.txt"), "utf8"), "sub\n");
      assert.equal(shown.code, 0, shown.stderr);
      assert.equal(without.code, 1);
    });

    test("a file on the web is a definition for what lies here, an archive one for what lies in it", async () => {
      await using here = await openContext({
        "sub/Dockerfile": "FROM scratch\nCOPY name.txt /\n",
        "sub/name.txt": "here\n",
      });

      const file = await depot(["bake", `${open.url}/docker-bake.hcl`, "sub"], { cwd: here.path });
      const ofFile = await readFile(join(here.path, "sub/name.txt"), "utf8");
      const archive = await depot(["bake", `${open.url}/project.tar`], { cwd: here.path });

      assert.deepEqual([file.code, archive.code], [0, 0], file.stderr + archive.stderr);
      assert.equal(ofFile, "here\n");
      const read = (path: string): Promise<string> => readFile(join(here.path, path), "utf8");
      assert.deepEqual(await Promise.all(["root/name.txt", "root/other.txt", "sub/name.txt"].map(read)), [
        "root\n",
        "sub\n",
        "sub\n",
      ]);
    });

    for (const remote of ["git/project.git", "project.tar"])
      test(`folders of ${remote} and results of targets are contexts side by side`, async () => {
        await using here = await openContext({});

        const { code, stderr } = await depot(["bake", `${open.url}/${remote}`, "linked"], { cwd: here.path });

        assert.equal(code, 0, stderr);
        const names = ["name.txt", "folder/name.txt", "folder/Dockerfile", "all.txt"];
        const texts = await Promise.all(names.map((name) => readFile(join(here.path, "linked", name), "utf8")));
        assert.deepEqual(texts, ["sub\n", "sub\n", PROJECT["sub/Dockerfile"], "root\n"]);
      });

    test("what is missing is told in one line, and ends the build as failed", async () => {
      const missing = await depot(["bake", "-f", "nope.hcl", `${open.url}/git/project.git`], {});
      const none = await depot(["bake", `${open.url}/none.hcl`], {});

      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /^ERROR: open nope\.hcl: no such file or directory$/m);
      assert.equal(none.code, 1);
      assert.match(none.stderr, /^ERROR: failed to solve: .*404/m);
      assert.deepEqual((await statuses()).slice(0, 2), ["failed", "failed"]);
    });

    test("a definition that does not evaluate ends the build as failed, with the error", async () => {
      const url = `${open.url}/broken.hcl`;
      const told = 'Unknown variable; There is no variable named "nothing"';

      const outcomes = [await depot(["bake", url], {}), await depot(["bake", "--print", url], {})];

      for (const { code, stderr } of outcomes) assert.deepEqual([code, stderr.includes(told)], [1, true], stderr);
      const [newest, before] = await builds();
      assert.deepEqual([newest?.status, before?.status], ["failed", "failed"]);
      const authorization = `Basic ${btoa(`x-token:${server.token}`)}`;
      const page = await fetch(`${server.url}/projects/${projectId}/builds/${newest?.id}`, {
        headers: { authorization },
      });
      assert.ok((await page.text()).includes("There is no variable named &quot;nothing&quot;"));
    });

    test("the build that read a definition has succeeded, though all targets are of another project", async () => {
      await using here = await openContext({ Dockerfile: "FROM scratch\nCOPY busybox /\n" });
      const other = await createProject("other");

      const { code, stderr } = await depot(["bake", `${open.url}/elsewhere.hcl`], {
        cwd: here.path,
        env: { OTHER: other },
      });

      assert.equal(code, 0, stderr);
      assert.equal((await statuses())[0], "finished");
    });
  });
}
