import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { after, before, suite, test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { FixedAccess } from "./testing/fixed-access.ts";
import { digestOfJson, sha256, TestClient } from "./testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "./testing/test-registry.ts";

checkLeaks({ graceMs: 8_000 });

const access = new FixedAccess({
  alice: { password: "alice", rights: { "alice/app": ["pull", "push"], "alice/base": ["pull", "push"] } },
  mallory: { password: "mallory", rights: { "mallory/app": ["pull", "push"] } },
  owner: { password: "owner", rights: { "*": ["pull", "push", "delete"] } },
});

/** Each test is named after what went wrong in some registry, and shows that it does not here. */
suite("advisories of other registries", () => {
  let server: TestRegistryServer;
  let alice: TestClient;
  let mallory: TestClient;
  let owner: TestClient;
  const secret = randomBytes(500);
  const secretDigest = sha256(secret);

  before(async () => {
    server = await startTestRegistry({ access });
    const as = (name: string) => new TestClient({ url: server.url, username: name, password: name });
    [alice, mallory, owner] = [as("alice"), as("mallory"), as("owner")];
    await alice.pushImage("alice/app", "1", { layers: [secret] });
    await mallory.pushImage("mallory/app", "1");
  });
  after(() => server[Symbol.asyncDispose]());

  const tokenOf = async (client: TestClient, ...scopes: string[]): Promise<TestClient> => {
    const query = new URLSearchParams(scopes.map((scope): [string, string] => ["scope", scope]));
    const answer = await client.send("GET", `/token?${query}`);
    return new TestClient({ url: server.url, token: JSON.parse(answer.body.toString()).token });
  };

  test("deduplicated blobs served to whoever knows a digest (CVE-2024-39897)", async () => {
    const here = `/v2/mallory/app/blobs/${secretDigest}`;
    const there = `/v2/alice/app/blobs/${secretDigest}`;

    for (const method of ["GET", "HEAD", "DELETE"]) {
      assert.ok([403, 404].includes((await mallory.send(method, here)).status), method);
      assert.equal((await mallory.send(method, there)).status, 403, method);
    }
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: secretDigest, size: secret.length },
      layers: [],
    });
    const headers = { "content-type": MediaType.ociManifest };
    const claimed = await mallory.send("PUT", "/v2/mallory/app/manifests/stolen", { body, headers });
    assert.deepEqual([claimed.status, claimed.code], [400, "MANIFEST_BLOB_UNKNOWN"]);
  });

  test("a deduplicated blob has to be sent whole before it is linked: knowing its digest is not having it", async () => {
    const location = await mallory.startUpload("mallory/app");

    const empty = await mallory.send("PUT", `${location}?digest=${secretDigest}`);
    const part = await mallory.send("POST", `/v2/mallory/app/blobs/uploads/?digest=${secretDigest}`, {
      body: secret.subarray(0, 499),
    });

    assert.deepEqual([empty.code, part.code], ["DIGEST_INVALID", "DIGEST_INVALID"]);
    assert.equal((await mallory.send("HEAD", `/v2/mallory/app/blobs/${secretDigest}`)).status, 404);
  });

  test("a mount from a repository that the caller may not read, named or not (confused deputy)", async () => {
    const scoped = await tokenOf(mallory, "repository:mallory/app:pull,push", "repository:alice/app:pull");
    for (const client of [mallory, scoped]) {
      for (const query of [`mount=${secretDigest}&from=alice/app`, `mount=${secretDigest}`]) {
        const answer = await client.send("POST", `/v2/mallory/app/blobs/uploads/?${query}`);
        assert.equal(answer.status, 202, query);
      }
    }

    assert.equal((await mallory.send("HEAD", `/v2/mallory/app/blobs/${secretDigest}`)).status, 404);
  });

  test("a mount answers the same for blobs that others have and for those that nobody has", async () => {
    const strip = (headers: Headers): string[] => [...headers.keys()].sort();

    const known = await mallory.send("POST", `/v2/mallory/app/blobs/uploads/?mount=${secretDigest}&from=alice/app`);
    const unknown = await mallory.send(
      "POST",
      `/v2/mallory/app/blobs/uploads/?mount=${sha256(randomBytes(9))}&from=alice/app`,
    );

    assert.equal(known.status, unknown.status);
    assert.deepEqual(strip(known.headers), strip(unknown.headers));
  });

  test("a token for one repository used for another (scope confusion)", async () => {
    const token = await tokenOf(alice, "repository:alice/base:pull,push");

    for (const [method, path] of [
      ["GET", "/v2/alice/app/manifests/1"],
      ["GET", `/v2/alice/app/blobs/${secretDigest}`],
      ["GET", "/v2/alice/app/tags/list"],
      ["GET", `/v2/alice/app/referrers/${secretDigest}`],
      ["POST", "/v2/alice/app/blobs/uploads/"],
      ["PUT", "/v2/alice/app/manifests/2"],
    ] as const)
      assert.equal((await token.send(method, path)).status, 401, path);
    const mount = await token.send("POST", `/v2/alice/base/blobs/uploads/?mount=${secretDigest}&from=alice/app`);
    assert.equal(mount.status, 202);
  });

  test("names in scopes that end one scope and begin another", async () => {
    const answer = await mallory.send(
      "GET",
      `/token?scope=${encodeURIComponent("repository:mallory/app:pull,repository:alice/app:pull")}`,
    );
    const token = JSON.parse(answer.body.toString()).token;

    assert.equal((await new TestClient({ url: server.url, token }).send("GET", "/v2/alice/app/tags/list")).status, 401);
  });

  test("a token that may push deletes (GHSA-qg67-7m6v-qg25)", async () => {
    const token = await tokenOf(alice, "repository:alice/app:pull,push,delete,*");
    const { digest } = await alice.pushImage("alice/app", "kept");

    for (const client of [alice, token]) {
      for (const path of ["manifests/kept", `manifests/${digest}`, `blobs/${secretDigest}`]) {
        const answer = await client.send("DELETE", `/v2/alice/app/${path}`);
        assert.ok([401, 403].includes(answer.status), path);
      }
    }
    assert.equal((await alice.send("HEAD", "/v2/alice/app/manifests/kept")).status, 200);
  });

  test("a token that may only pull pushes by a method that nobody thought of", async () => {
    const token = await tokenOf(alice, "repository:alice/app:pull");

    for (const method of ["PUT", "POST", "PATCH", "DELETE", "OPTIONS", "MKCOL", "PROPFIND"]) {
      for (const path of ["manifests/1", `blobs/${secretDigest}`, "tags/list", "blobs/uploads/"]) {
        const answer = await token.send(method, `/v2/alice/app/${path}`);
        assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status}`);
      }
    }
    assert.equal((await alice.send("HEAD", "/v2/alice/app/manifests/1")).status, 200);
  });

  test("tokens that others have made, or that say how they are to be checked", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const claims = { access: [{ type: "repository", name: "alice/app", actions: ["pull"] }] };
    const forge = async (header: object): Promise<string> =>
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", ...header })
        .setIssuer("opendepot-registry")
        .setAudience("opendepot-registry")
        .setSubject("owner")
        .setExpirationTime("5m")
        .sign(privateKey);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "none" })}.${part({ ...claims, sub: "owner", exp: 9_999_999_999 })}.`;
    const tokens = [unsigned, await forge({}), await forge({ jwk: await exportJWK(publicKey) }), "a.b.c", "x"];

    for (const token of tokens) {
      const answer = await new TestClient({ url: server.url, token }).send("GET", "/v2/alice/app/manifests/1");
      assert.equal(answer.status, 401);
    }
  });

  test("rights that were taken away and still hold (CVE-2025-23208)", async () => {
    const rights = { "shared/app": ["pull", "push"] } as const;
    access.users.set("former", { password: "former", rights });
    const former = new TestClient({ url: server.url, username: "former", password: "former" });
    await former.pushImage("shared/app", "1");

    access.users.set("former", { password: "former", rights: {} });
    const asked = await former.send("GET", "/v2/shared/app/manifests/1");
    access.users.delete("former");
    const gone = await former.send("GET", "/v2/");

    assert.equal(asked.status, 403);
    assert.equal(gone.status, 401);
  });

  test("a Host header that sends clients, and their passwords, elsewhere (realm)", async () => {
    const ask = async (host: string, more: Record<string, string> = {}) => {
      const sent = httpRequest(new URL("/v2/", server.url), { headers: { host, ...more }, agent: false });
      sent.end();
      const [response] = await once(sent, "response");
      response.resume();
      await once(response, "close");
      return response.headers["www-authenticate"] as string | undefined;
    };

    for (const host of [
      'evil"',
      "a b",
      "user@evil",
      "evil/path",
      "evil#",
      "evil?x",
      "evil,evil",
      'x",realm="http://evil',
    ])
      assert.equal(await ask(host), undefined, host);
    const forwarded = await ask(server.host, {
      "x-forwarded-host": "evil",
      "x-forwarded-proto": "https",
      forwarded: "host=evil",
    });
    assert.match(forwarded ?? "", new RegExp(`^Bearer realm="http://${server.host}/token",`));
  });

  test("paths that leave their repository, as they are and encoded", async () => {
    const paths = [
      "/v2/mallory/app/../../alice/app/manifests/1",
      "/v2/mallory/app/%2e%2e/%2e%2e/alice/app/manifests/1",
      "/v2/mallory%2f..%2falice/app/manifests/1",
      "/v2/mallory/app/blobs/uploads/..%2f..%2f..%2fblobs",
      "/v2/mallory/app/blobs/uploads/../../etc/passwd",
      "/v2/mallory/app/manifests/..%2f..%2f1",
      "/v2/mallory/app\\..\\alice/manifests/1",
      "/v2/mallory/app/blobs/sha256:..%2f..%2fetc",
      "//v2/alice/app/manifests/1",
      "/v2//alice/app/manifests/1",
    ];

    for (const path of paths) {
      for (const method of ["GET", "PUT", "PATCH"]) {
        const status = await sendRaw(server, `${method} ${path} HTTP/1.1`, "mallory");
        assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
      }
    }
    assert.deepEqual((await readdir(server.folder)).sort(), ["blobs", "trash", "uploads"]);
  });

  test("an upload of another repository, finished or cancelled through one's own", async () => {
    const location = await alice.startUpload("alice/app");
    const id = location.split("/").at(-1);
    const mine = `/v2/mallory/app/blobs/uploads/${id}`;

    const answers = [
      await mallory.send("GET", mine),
      await mallory.send("PATCH", mine, { body: "x" }),
      await mallory.send("PUT", `${mine}?digest=${sha256(Buffer.from("x"))}`, { body: "x" }),
      await mallory.send("DELETE", mine),
    ];

    for (const { status, code } of answers) assert.deepEqual([status, code], [404, "BLOB_UPLOAD_UNKNOWN"]);
    assert.equal((await alice.send("GET", location)).headers.get("range"), "0-0");
  });

  test("manifests that are bombs: too large, too many references, too deep", async () => {
    const config = await alice.pushBlob("alice/app", Buffer.from("{}"), MediaType.ociConfig);
    const image = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] as unknown[] };
    const put = (body: string | AsyncIterable<Uint8Array>) =>
      alice.send("PUT", "/v2/alice/app/manifests/bomb", { body, headers: { "content-type": MediaType.ociManifest } });
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 1000; count++) yield Buffer.alloc(64 * 1024, " ");
    }

    const large = await put(JSON.stringify({ ...image, annotations: { a: "x".repeat(4 * 1024 * 1024) } }));
    const streamed = await put(endless());
    const many = await put(JSON.stringify({ ...image, layers: Array.from({ length: 20_000 }, () => config) }));
    const deep = await put(`${"[".repeat(1_000_000)}`);

    assert.deepEqual([large.status, large.code], [413, "SIZE_INVALID"]);
    assert.deepEqual([streamed.status, streamed.code], [413, "SIZE_INVALID"]);
    assert.deepEqual([many.status, many.code], [400, "MANIFEST_INVALID"]);
    assert.deepEqual([deep.status, deep.code], [400, "MANIFEST_INVALID"]);
    assert.equal((await alice.send("HEAD", "/v2/alice/app/manifests/bomb")).status, 404);
  });

  test("indexes nested so that each level doubles what a reader has to do are counted once", async () => {
    let [left, right] = [await owner.pushImage("bomb"), await owner.pushImage("bomb")] as const;
    for (let level = 0; level < 12; level++) {
      const name = `l${level}`;
      const one = await owner.pushIndex("bomb", `${name}a`, [left, right]);
      const other = await owner.pushIndex("bomb", `${name}b`, [right, left]);
      [left, right] = [
        { ...one, blobs: [] },
        { ...other, blobs: [] },
      ];
    }

    const { images } = await server.registry.images.list("bomb");

    assert.ok((images[0]?.sizeBytes ?? Infinity) < 50_000);
  });

  test("a manifest that is an image to one reader and an index to another (GHSA-qq97-vm5h-rrhg)", async () => {
    const config = await alice.pushBlob("alice/app", Buffer.from("{}"), MediaType.ociConfig);
    const both = { schemaVersion: 2, config, layers: [], manifests: [] };
    const untyped = { schemaVersion: 2, config, layers: [] };
    const put = (body: object, type: string) =>
      alice.send("PUT", `/v2/alice/app/manifests/${digestOfJson(body)}`, {
        body: JSON.stringify(body),
        headers: { "content-type": type },
      });

    for (const type of [MediaType.ociManifest, MediaType.ociIndex, "application/vnd.other+json"])
      assert.equal((await put(both, type)).status, 400, type);
    const first = await put(untyped, MediaType.ociManifest);
    const second = await put(untyped, MediaType.dockerManifest);

    assert.equal(first.status, 201);
    assert.deepEqual([second.status, second.code], [400, "MANIFEST_INVALID"]);
  });

  test("lists without a bound (CVE-2023-2253)", async () => {
    const first = await alice.send("GET", "/v2/alice/app/tags/list?n=2147483648");
    const huge = await alice.send("GET", `/v2/alice/app/tags/list?n=${"9".repeat(400)}`);
    const none = await alice.send("GET", "/v2/_catalog?n=99999999");

    assert.deepEqual([first.status, huge.status], [200, 200]);
    assert.ok([400, 404].includes(none.status));
  });

  test("content that a browser takes for a page of this host", async () => {
    const page = Buffer.from("<script>alert(1)</script>");
    const { digest } = await alice.pushBlob("alice/app", page);

    const blob = await alice.send("GET", `/v2/alice/app/blobs/${digest}`);
    const manifest = await alice.send("PUT", "/v2/alice/app/manifests/page", {
      body: JSON.stringify({ a: page.toString() }),
      headers: { "content-type": "text/html" },
    });

    assert.equal(blob.headers.get("content-type"), "application/octet-stream");
    assert.equal(blob.headers.get("x-content-type-options"), "nosniff");
    assert.match(blob.headers.get("content-security-policy") ?? "", /sandbox/);
    assert.deepEqual([manifest.status, manifest.code], [400, "MANIFEST_INVALID"]);
  });

  test("text that would end a header or a statement comes to nothing", async () => {
    const injected = encodeURIComponent("x'; drop table registry.tags; --\r\nset-cookie: a=b\0");

    const tags = await alice.send("GET", `/v2/alice/app/tags/list?last=${injected}`);
    const referrers = await alice.send("GET", `/v2/alice/app/referrers/${secretDigest}?artifactType=${injected}`);
    const mount = await alice.send("POST", `/v2/alice/app/blobs/uploads/?mount=${secretDigest}&from=${injected}`);

    assert.deepEqual([tags.status, referrers.status, mount.status], [200, 200, 202]);
    for (const { headers } of [tags, referrers, mount]) assert.equal(headers.get("set-cookie"), null);
    assert.equal((await alice.send("GET", "/v2/alice/app/tags/list")).status, 200);
  });

  test("an answer that tells where the server keeps things", async () => {
    const broken = await startTestRegistry({ access });
    await using _ = broken;
    const client = new TestClient({ url: broken.url, username: "owner", password: "owner" });
    const { blobs } = await client.pushImage("a", "1");
    const lost = blobs[0]?.digest ?? "";
    await broken.blobs.remove(lost);

    const answer = await client.send("GET", `/v2/a/blobs/${lost}`);

    assert.equal(answer.status, 404);
    assert.ok(!answer.body.toString().includes(broken.folder));
  });
});

/** A request line as it is written, which clients would tidy up. */
async function sendRaw(server: TestRegistryServer, line: string, name: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${name}:${name}`).toString("base64")}`;
  const socket = connect(Number(server.url.port), "127.0.0.1");
  socket.end(
    `${line}\r\nhost: ${server.host}\r\nauthorization: ${authorization}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
  );
  let answer = "";
  for await (const piece of socket.setEncoding("utf8")) answer += piece;
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}
