import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import { FixedAccess } from "./testing/fixed-access.ts";
import { type PushedTestImage, sha256, TestClient, type TestDescriptor } from "./testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "./testing/test-registry.ts";

checkLeaks({ graceMs: 8_000 });

const REPOSITORY = "project";
const SBOM = "application/vnd.example.sbom";
const SIGNATURE = "application/vnd.example.signature";

suite("somebody who may pull some images of a repository", () => {
  const access = new FixedAccess({ owner: { password: "owner", rights: { "*": ["pull", "push", "delete"] } } });
  let server: TestRegistryServer;
  let owner: TestClient;
  /** The guest by password, and by token. */
  let guests: readonly TestClient[];
  let mine: TestDescriptor;
  /** Every manifest that belongs to `mine`, and every blob. */
  let manifests: readonly TestDescriptor[];
  let blobs: readonly TestDescriptor[];
  let signature: TestDescriptor;
  let other: PushedTestImage;
  let otherSignature: TestDescriptor;
  const shared = randomBytes(100);

  before(async () => {
    server = await startTestRegistry({ access });
    owner = new TestClient({ url: server.url, username: "owner", password: "owner" });
    const attach = (subject: TestDescriptor, artifactType: string) =>
      owner.pushImage(REPOSITORY, undefined, { subject, artifactType });
    const amd64 = await owner.pushImage(REPOSITORY, undefined, { layers: [shared, randomBytes(50)] });
    const arm64 = await owner.pushImage(REPOSITORY);
    const attestation = await attach(amd64, MediaType.inToto);
    mine = await owner.pushIndex(REPOSITORY, "build-1", [amd64, attestation, arm64]);
    const bom = await attach(arm64, SBOM);
    const signed = await attach(mine, SIGNATURE);
    const signedBom = await attach(bom, SIGNATURE);
    signature = signed;
    manifests = [mine, amd64, arm64, attestation, bom, signed, signedBom];
    blobs = [amd64, arm64, attestation, bom, signed, signedBom].flatMap((image) => image.blobs);
    other = await owner.pushImage(REPOSITORY, "build-2", { layers: [shared, randomBytes(60)] });
    otherSignature = await attach(other, SIGNATURE);
    await owner.pushImage("project/app", "1");
    access.users.set("guest", {
      password: "guest",
      rights: { [REPOSITORY]: ["pull-granted"], "project/app": ["pull-granted"], "guest/own": ["pull", "push"] },
      granted: {
        [REPOSITORY]: [
          { tag: "build-1", digest: mine.digest },
          { tag: "moved", digest: mine.digest },
        ],
      },
    });
    guests = [new TestClient({ url: server.url, username: "guest", password: "guest" }), await withToken("guest")];
  });
  after(() => server[Symbol.asyncDispose]());

  async function withToken(name: string): Promise<TestClient> {
    const scopes = [REPOSITORY, "project/app", "guest/own"].map((repository) => `repository:${repository}:pull,push,*`);
    const query = new URLSearchParams(scopes.map((scope): [string, string] => ["scope", scope]));
    const login = new TestClient({ url: server.url, username: name, password: name });
    const { body } = await login.send("GET", `/token?${query}`);
    return new TestClient({ url: server.url, token: JSON.parse(body.toString()).token });
  }

  const path = (rest: string): string => `/v2/${REPOSITORY}/${rest}`;
  const list = (body: Buffer): string[] =>
    JSON.parse(body.toString()).manifests.map((one: TestDescriptor) => one.digest);

  test("pulls them with all that they list, all blobs and all that refers to any of it", async () => {
    for (const guest of guests) {
      for (const method of ["HEAD", "GET"]) {
        const tagged = await guest.send(method, path("manifests/build-1"));
        assert.deepEqual([tagged.status, tagged.headers.get("docker-content-digest")], [200, mine.digest]);
        for (const { digest } of manifests) {
          assert.equal((await guest.send(method, path(`manifests/${digest}`))).status, 200, digest);
        }
        for (const { digest } of blobs) {
          assert.equal((await guest.send(method, path(`blobs/${digest}`))).status, 200, digest);
        }
      }
      assert.deepEqual(list((await guest.send("GET", path(`referrers/${mine.digest}`))).body), [signature.digest]);
    }
  });

  test("finds nothing else by digest, by tag or in a list, as if it were not there", async () => {
    const unknown = sha256(randomBytes(9));
    for (const guest of guests) {
      const [config, base, own] = other.blobs.map(({ digest }) => `blobs/${digest}`);
      const references = ["build-2", other.digest, otherSignature.digest, unknown];
      const others = [...references.map((reference) => `manifests/${reference}`), config, own, `blobs/${unknown}`];
      for (const method of ["HEAD", "GET"]) {
        for (const rest of others) assert.equal((await guest.send(method, path(rest ?? ""))).status, 404, rest);
        assert.equal((await guest.send(method, path(base ?? ""))).status, 200, "a layer that both have");
      }
      assert.equal((await guest.send("GET", path(`manifests/${other.digest}`))).code, "MANIFEST_UNKNOWN");
      for (const subject of [other.digest, unknown]) {
        const { status, body } = await guest.send("GET", path(`referrers/${subject}`));
        assert.deepEqual([status, list(body)], [200, []]);
      }
      const ranged = await guest.send("GET", path(`blobs/${other.blobs[0]?.digest}`), {
        headers: { range: "bytes=0-1", "if-none-match": `"${other.blobs[0]?.digest}"` },
      });
      assert.equal(ranged.status, 404);
    }
  });

  test("is listed its own tags only, page by page, and those only that still name what was granted", async () => {
    await owner.putManifest(REPOSITORY, "moved", JSON.parse(await content("build-2")));
    for (const guest of guests) {
      for (const query of ["", "?n=10", "?n=1", "?n=10&last=a"]) {
        const { body, headers } = await guest.send("GET", path(`tags/list${query}`));
        assert.deepEqual(JSON.parse(body.toString()).tags, ["build-1"], query);
        assert.equal(headers.get("link"), null);
      }
      assert.equal((await guest.send("GET", path("manifests/moved"))).status, 404);
    }

    await owner.putManifest(REPOSITORY, "moved", JSON.parse(await content("build-1")));
    for (const guest of guests) {
      const first = await guest.send("GET", path("tags/list?n=1"));
      assert.deepEqual(JSON.parse(first.body.toString()).tags, ["build-1"]);
      const [, next = ""] = /^<(.*)>; rel="next"$/.exec(first.headers.get("link") ?? "") ?? [];
      assert.deepEqual(JSON.parse((await guest.send("GET", next)).body.toString()).tags, ["moved"]);
    }
  });

  const content = async (reference: string): Promise<string> =>
    (await owner.send("GET", path(`manifests/${reference}`))).body.toString();

  test("learns nothing of repositories in which nothing was granted, not even whether they exist", async () => {
    for (const guest of guests) {
      const there = await guest.send("GET", "/v2/project/app/tags/list");
      assert.deepEqual([there.status, there.code], [404, "NAME_UNKNOWN"]);
      assert.equal((await guest.send("GET", "/v2/project/app/manifests/1")).code, "MANIFEST_UNKNOWN");
    }
  });

  test("takes nothing elsewhere, puts nothing there and removes nothing", async () => {
    const { digest } = mine;
    for (const guest of guests) {
      for (const blob of [blobs[0], other.blobs[0]]) {
        for (const from of [`&from=${REPOSITORY}`, ""]) {
          const mount = await guest.send("POST", `/v2/guest/own/blobs/uploads/?mount=${blob?.digest}${from}`);
          assert.equal(mount.status, 202, "an upload, not a mount");
        }
      }
      const requests = [
        ["PUT", "manifests/build-1"],
        ["PUT", `manifests/${digest}`],
        ["DELETE", "manifests/build-1"],
        ["DELETE", `manifests/${digest}`],
        ["DELETE", `blobs/${blobs[0]?.digest}`],
        ["POST", "blobs/uploads/"],
        ["POST", `blobs/uploads/?mount=${blobs[0]?.digest}&from=guest/own`],
        ["PATCH", "blobs/uploads/x"],
        ["GET", "blobs/uploads/x"],
      ] as const;
      for (const [method, rest] of requests) {
        const { status } = await guest.send(method, path(rest), { headers: { "content-type": MediaType.ociManifest } });
        assert.ok([401, 403].includes(status), `${method} ${rest}: ${status}`);
      }
    }
  });

  test("is nobody any more once the product says so, whatever a token says", async () => {
    const guest = access.users.get("guest");
    assert(guest);
    access.users.set("former", { ...guest, password: "former" });
    const former = [
      new TestClient({ url: server.url, username: "former", password: "former" }),
      await withToken("former"),
    ];
    for (const client of former) assert.equal((await client.send("GET", path("manifests/build-1"))).status, 200);

    access.users.delete("former");

    for (const client of former) {
      for (const rest of ["manifests/build-1", `blobs/${blobs[0]?.digest}`, "tags/list", `referrers/${mine.digest}`])
        assert.equal((await client.send("GET", path(rest))).status, 401, rest);
    }
  });

  test("sees the same content in another repository as little as anything else there", async () => {
    const copy = await owner.pushImage("elsewhere", "1", { layers: [shared] });
    access.users.set("both", {
      password: "both",
      rights: { "*": ["pull-granted"] },
      granted: { elsewhere: [{ tag: "1", digest: copy.digest }], [REPOSITORY]: [{ tag: "1", digest: copy.digest }] },
    });
    const both = new TestClient({ url: server.url, username: "both", password: "both" });

    assert.equal((await both.send("GET", `/v2/elsewhere/blobs/${sha256(shared)}`)).status, 200);
    assert.equal((await both.send("GET", path(`blobs/${sha256(shared)}`))).status, 404);
    assert.equal((await both.send("GET", path(`manifests/${copy.digest}`))).status, 404);
  });
});
