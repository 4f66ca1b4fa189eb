import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { Secret } from "@opendepot/base";
import { MediaType } from "@opendepot/oci";
import {
  checkLeaks,
  type ProgramOutcome,
  prepareTestTools,
  runProgram,
  startDockerd,
  startTestEngine,
  startTestS3,
  testBaseImage,
  testBuildx,
  testEngineKinds,
} from "@opendepot/testing";
import { openS3Store } from "./blobs/s3/index.ts";
import { sha256, TestClient } from "./testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "./testing/test-registry.ts";

checkLeaks({ graceMs: 10_000 });

const LIMIT_MS = 5 * 60_000;

function succeeded({ code, stdout, stderr }: ProgramOutcome): string {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

suite("programs of others", { timeout: LIMIT_MS }, () => {
  let server: TestRegistryServer;
  let client: TestClient;
  let folder = "";

  before(async () => {
    server = await startTestRegistry();
    client = new TestClient(server);
    folder = await mkdtemp(join(tmpdir(), "od-clients-"));
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY greeting.txt /\n");
    await writeFile(join(folder, "greeting.txt"), "hello\n");
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const tagsOf = async (repository: string): Promise<unknown> =>
    JSON.parse((await client.send("GET", `/v2/${repository}/tags/list`)).body.toString()).tags;

  for (const store of ["containerd", "graphdriver"] as const) {
    test(`docker logs in, pushes and pulls, with its ${store} store`, async () => {
      await using docker = await startDockerd({ store });
      const image = `${server.host}/docker/${store}:1`;
      const login = ["login", server.host, "-u", server.username, "--password-stdin"];
      const base = await testBaseImage();
      const tar = await runProgram(["tar", "-c", "-C", base, "-f", join(folder, "base.tar"), "."]);
      succeeded(tar);
      succeeded(await docker.docker(["import", join(folder, "base.tar"), image]));

      const wrong = await docker.docker(login, { input: "no" });
      succeeded(await docker.docker(login, { input: server.password }));
      succeeded(await docker.docker(["push", image]));
      succeeded(await docker.docker(["rmi", image]));
      succeeded(await docker.docker(["pull", image]));

      assert.notEqual(wrong.code, 0);
      assert.deepEqual(await tagsOf(`docker/${store}`), ["1"]);
      const [listed] = (await server.registry.images.list(`docker/${store}`)).images;
      assert.ok(listed?.pulledAt);
    });
  }

  test("containerd's ctr pulls, and pushes to another repository", async () => {
    const { ctr } = await prepareTestTools();
    await using docker = await startDockerd({ store: "containerd" });
    await client.pushImage("ctr/one", "1", { layers: [randomBytes(100_000)] });
    const run = (...args: string[]): Promise<ProgramOutcome> =>
      runProgram([ctr, "--address", docker.containerdSocket, "--namespace", "test", ...args]);
    const how = ["--plain-http", "--user", `${server.username}:${server.password}`];
    const [one, two] = [`${server.host}/ctr/one:1`, `${server.host}/ctr/two:2`];

    succeeded(await run("content", "fetch", ...how, one));
    succeeded(await run("images", "tag", one, two));
    succeeded(await run("images", "push", ...how, two));

    assert.deepEqual(await tagsOf("ctr/two"), ["2"]);
    const digests = await Promise.all(
      ["one/manifests/1", "two/manifests/2"].map(async (path) =>
        (await client.send("HEAD", `/v2/ctr/${path}`)).headers.get("docker-content-digest"),
      ),
    );
    assert.equal(digests[0], digests[1]);
  });

  test("BuildKit pushes zstd layers with provenance, by an index whose children come first", async () => {
    const [kind = "buildkitd"] = await testEngineKinds();
    await using engine = await startTestEngine({ kind });
    assert.ok(engine.endpoint.kind === "unix");
    const auth = Buffer.from(`${server.username}:${server.password}`).toString("base64");
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [server.host]: { auth } } }));
    const socket = `unix://${engine.endpoint.path}`;
    const env = {
      PATH: process.env["PATH"],
      HOME: folder,
      DOCKER_CONFIG: folder,
      ...(kind === "dockerd" && { DOCKER_HOST: socket }),
    };
    const buildx = await testBuildx();
    if (kind === "buildkitd")
      succeeded(await runProgram([buildx, "create", "--use", "--driver", "remote", socket], { env }));
    const push = async (name: string): Promise<string> => {
      const output = `type=image,name=${server.host}/${name},push=true,compression=zstd,force-compression=true,oci-mediatypes=true`;
      return succeeded(await runProgram([buildx, "build", "--provenance=mode=max", "-o", output, folder], { env }));
    };

    await push("buildkit/one:1");
    await push("buildkit/two:1");

    const index = JSON.parse((await client.send("GET", "/v2/buildkit/one/manifests/1")).body.toString());
    const manifests: Array<{ layers: Array<{ mediaType: string }> }> = await Promise.all(
      index.manifests.map(async ({ digest }: { digest: string }) =>
        JSON.parse((await client.send("GET", `/v2/buildkit/one/manifests/${digest}`)).body.toString()),
      ),
    );
    const types = manifests.flatMap(({ layers }) => layers.map(({ mediaType }) => mediaType));
    assert.deepEqual(types, [MediaType.ociLayerZstd, MediaType.inToto]);
    assert.deepEqual(await tagsOf("buildkit/two"), ["1"]);
  });

  test("skopeo copies between repositories, inspects and deletes", async () => {
    const { skopeo } = await prepareTestTools();
    const pushed = await client.pushImage("skopeo/one", "1");
    const login = `${server.username}:${server.password}`;
    const from = ["--src-tls-verify=false", "--src-creds", login];
    const to = ["--dest-tls-verify=false", "--dest-creds", login];
    const remote = (name: string): string => `docker://${server.host}/${name}`;

    const copy = [skopeo, "copy", "--insecure-policy", ...from, ...to, remote("skopeo/one:1"), remote("skopeo/two:2")];
    succeeded(await runProgram(copy));
    const inspect = [skopeo, "inspect", "--raw", "--tls-verify=false", "--creds", login, remote("skopeo/two:2")];
    const raw = JSON.parse(succeeded(await runProgram(inspect)));
    succeeded(await runProgram([skopeo, "delete", "--tls-verify=false", "--creds", login, remote("skopeo/two:2")]));

    assert.equal(raw.config.digest, pushed.blobs[0]?.digest);
    assert.deepEqual(await tagsOf("skopeo/two"), []);
  });

  test("skopeo is sent to the bucket for blobs that lie in S3", async () => {
    const { skopeo } = await prepareTestTools();
    await using s3 = await startTestS3();
    const { bucket, endpoint, accessKeyId } = s3;
    const credentials = { accessKeyId, secretAccessKey: new Secret(s3.secretAccessKey) };
    await using blobs = await openS3Store({ bucket, endpoint, credentials, redirect: {} });
    await using far = await startTestRegistry({ blobs, isRedirecting: true });
    const pushing = new TestClient(far);
    const pushed = await pushing.pushImage("a", "1", { layers: [randomBytes(100_000)] });
    const layer = pushed.blobs[1]?.digest ?? "";

    const answer = await pushing.send("GET", `/v2/a/blobs/${layer}`);
    const parts = await pushing.send("GET", `/v2/a/blobs/${layer}`, { headers: { range: "bytes=0-1,90000-90001" } });
    const login = ["--src-tls-verify=false", "--src-creds", `${far.username}:${far.password}`];
    const into = join(folder, "pulled");
    succeeded(
      await runProgram([skopeo, "copy", "--insecure-policy", ...login, `docker://${far.host}/a:1`, `dir:${into}`]),
    );

    assert.equal(answer.status, 307);
    assert.equal(new URL(answer.headers.get("location") ?? "").host, endpoint.host);
    // Several parts at once are sent from here, since a bucket would send the whole.
    assert.equal(parts.status, 206);
    assert.match(parts.headers.get("content-type") ?? "", /^multipart\/byteranges;/);
    assert.equal(sha256(await readFile(join(into, layer.replace("sha256:", "")))), layer);
  });
});
