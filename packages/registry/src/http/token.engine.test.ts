import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { decodeJwt } from "jose";
import { FixedAccess } from "../testing/fixed-access.ts";
import { TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

const access = new FixedAccess({
  builder: { password: "secret", rights: { "own/web": ["pull", "push"], "other/api": ["pull"] } },
});

suite("tokens", () => {
  let server: TestRegistryServer;
  let nobody: TestClient;
  let builder: TestClient;

  before(async () => {
    server = await startTestRegistry({ access });
    nobody = new TestClient({ url: server.url });
    builder = new TestClient({ url: server.url, username: "builder", password: "secret" });
  });
  after(() => server[Symbol.asyncDispose]());

  const tokenFor = async (query: string): Promise<string> => {
    const answer = await builder.send("GET", `/token?service=${server.host}&${query}`);
    assert.equal(answer.status, 200, answer.body.toString());
    return JSON.parse(answer.body.toString()).token;
  };
  const withToken = (token: string): TestClient => new TestClient({ url: server.url, token });
  const claims = (token: string): unknown => decodeJwt(token)["access"];

  test("every path asks for one, and says which", async () => {
    const base = await nobody.send("GET", "/v2/");
    const pull = await nobody.send("GET", "/v2/own/web/manifests/1");
    const push = await nobody.send("POST", "/v2/own/web/blobs/uploads/");
    const mount = await nobody.send("POST", `/v2/own/web/blobs/uploads/?mount=sha256:${"a".repeat(64)}&from=other/api`);
    const remove = await nobody.send("DELETE", "/v2/own/web/manifests/1");
    const nonsense = await nobody.send("GET", "/v2/no/such/path");

    const bare = `Bearer realm="http://${server.host}/token",service="${server.host}"`;
    assert.equal(base.headers.get("www-authenticate"), bare);
    assert.equal(pull.headers.get("www-authenticate"), `${bare},scope="repository:own/web:pull"`);
    assert.equal(push.headers.get("www-authenticate"), `${bare},scope="repository:own/web:pull,push"`);
    assert.equal(
      mount.headers.get("www-authenticate"),
      `${bare},scope="repository:own/web:pull,push repository:other/api:pull"`,
    );
    assert.equal(remove.headers.get("www-authenticate"), `${bare},scope="repository:own/web:delete"`);
    for (const answer of [base, pull, push, mount, remove, nonsense])
      assert.deepEqual([answer.status, answer.code], [401, "UNAUTHORIZED"]);
  });

  test("docker login asks without a scope, and is let in with what it gets", async () => {
    const answer = await builder.send("GET", `/token?account=builder&client_id=docker&offline_token=true&service=x`);
    const body = JSON.parse(answer.body.toString());

    assert.equal(body.token, body.access_token);
    assert.ok(body.expires_in >= 60);
    assert.ok(Math.abs(Date.parse(body.issued_at) - Date.now()) < 60_000);
    assert.equal(body.refresh_token, undefined);
    assert.equal((await withToken(body.token).send("GET", "/v2/")).status, 200);
  });

  test("wrong credentials are 401 everywhere, also where they are not needed", async () => {
    const wrong = new TestClient({ url: server.url, username: "builder", password: "wrong" });

    for (const path of ["/v2/", "/token", "/v2/own/web/tags/list"])
      assert.equal((await wrong.send("GET", path)).status, 401);
    const headers = { authorization: "Basic !!!" };
    assert.equal((await nobody.send("GET", "/v2/", { headers })).status, 401);
    assert.equal((await nobody.send("GET", "/v2/", { headers: { authorization: "Digest x" } })).status, 401);
    assert.equal((await nobody.send("GET", "/token")).status, 401);
  });

  test("hold of what was asked for what the caller may, and asking for more is no error", async () => {
    const repeated = "scope=repository:own/web:push,pull,delete&scope=repository:other/api:pull,push";
    const joined = `scope=${encodeURIComponent("repository:own/web:pull repository:secret/one:pull")}`;

    assert.deepEqual(claims(await tokenFor(repeated)), [
      { type: "repository", name: "own/web", actions: ["pull", "push"] },
      { type: "repository", name: "other/api", actions: ["pull"] },
    ]);
    assert.deepEqual(claims(await tokenFor(joined)), [{ type: "repository", name: "own/web", actions: ["pull"] }]);
  });

  test("come by the form of OAuth 2 as well, which BuildKit tries first", async () => {
    const form = new URLSearchParams({
      grant_type: "password",
      username: "builder",
      password: "secret",
      client_id: "buildkit-client",
      service: server.host,
      scope: "repository:own/web:pull,push repository:other/api:pull",
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const post = (body: URLSearchParams) => nobody.send("POST", "/token", { body: body.toString(), headers });

    const answer = await post(form);
    form.set("password", "wrong");
    const wrong = await post(form);
    form.set("grant_type", "refresh_token");
    const refresh = await post(form);

    assert.equal(JSON.parse(answer.body.toString()).access_token.split(".").length, 3);
    assert.equal(wrong.status, 401);
    assert.equal(refresh.status, 400);
    assert.equal(
      (await nobody.send("POST", "/token", { body: "{}", headers: { "content-type": "application/json" } })).status,
      400,
    );
  });

  test("let do what they hold; for more, the answer says what is missing", async () => {
    const pushing = withToken(await tokenFor("scope=repository:own/web:pull,push"));
    await pushing.pushImage("own/web", "1");

    const pulled = await pushing.send("GET", "/v2/own/web/manifests/1");
    const elsewhere = await pushing.send("GET", "/v2/other/api/manifests/1");

    assert.equal(pulled.status, 200);
    assert.deepEqual([elsewhere.status, elsewhere.code], [401, "DENIED"]);
    assert.match(
      elsewhere.headers.get("www-authenticate") ?? "",
      /scope="repository:other\/api:pull",error="insufficient_scope"$/,
    );
  });

  test("passwords work on every path, within their rights", async () => {
    const image = await builder.pushImage("own/web", "2");

    const denied = await builder.send("PUT", "/v2/other/api/manifests/1", { body: "{}" });
    const hidden = await builder.send("GET", `/v2/secret/one/manifests/${image.digest}`);

    assert.deepEqual([denied.status, denied.code], [403, "DENIED"]);
    assert.deepEqual([hidden.status, hidden.code], [403, "DENIED"]);
  });

  test("are good on every server with the same database, and nowhere else", async () => {
    await using replica = await startTestRegistry({
      access,
      connectionString: server.connectionString,
      blobs: server.blobs,
    });
    await using stranger = await startTestRegistry({ access });
    const token = await tokenFor("scope=repository:own/web:pull");

    const there = await new TestClient({ url: replica.url, token }).send("GET", "/v2/");
    const elsewhere = await new TestClient({ url: stranger.url, token }).send("GET", "/v2/");

    assert.deepEqual([there.status, elsewhere.status], [200, 401]);
  });

  test("anybody may read where that is wanted, and is asked to log in for the rest", async () => {
    const open = new FixedAccess({
      anybody: { password: "", rights: { public: ["pull"] } },
      ...Object.fromEntries(access.users),
    });
    await using registry = await startTestRegistry({ access: open, anonymous: { id: "anybody" } });
    const client = new TestClient({ url: registry.url });

    const answer = await client.send("GET", "/token?scope=repository:public:pull,push");
    const missing = await client.send("GET", "/v2/public/manifests/1");
    const refused = await client.send("POST", "/v2/public/blobs/uploads/");

    assert.deepEqual(claims(JSON.parse(answer.body.toString()).token), [
      { type: "repository", name: "public", actions: ["pull"] },
    ]);
    assert.equal(missing.status, 404);
    assert.equal(refused.status, 401);
  });

  test("the address of tokens is the one that was configured", async () => {
    await using behindProxy = await startTestRegistry({ access, publicUrl: new URL("https://registry.example.org") });

    const answer = await new TestClient({ url: behindProxy.url }).send("GET", "/v2/");

    assert.equal(
      answer.headers.get("www-authenticate"),
      'Bearer realm="https://registry.example.org/token",service="registry.example.org"',
    );
  });
});
