import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { Auth } from "../../gen/moby/filesync/v1/auth.ts";
import { callUnary } from "../../testing/memory-call.ts";
import { type AuthOptions, createAuth } from "./index.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

class Home implements Disposable {
  readonly #folder = mkdtempDisposableSync(join(tmpdir(), "auth-"));
  readonly path = this.#folder.path;

  [Symbol.dispose](): void {
    this.#folder.remove();
  }

  writeConfig(config: unknown): void {
    writeFileSync(join(this.path, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  }

  /** A credential helper that is this shell script. */
  writeHelper(name: string, script: string): void {
    const bin = join(this.path, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, `docker-credential-${name}`), 0o755);
  }

  service(options: Partial<AuthOptions> = {}): ReturnType<typeof createAuth> {
    return createAuth({
      configFolder: this.path,
      env: { PATH: `${join(this.path, "bin")}:/usr/bin:/bin` },
      ...options,
    });
  }

  async credentials(host: string, options: Partial<AuthOptions> = {}): Promise<[username: string, secret: string]> {
    const { username, secret } = await callUnary(this.service(options), Auth.credentials, { host });
    return [username, secret];
  }
}

describe("credentials", () => {
  test("come from the configuration by host, also where an old one has URLs", async () => {
    using home = new Home();
    home.writeConfig({
      auths: {
        "ghcr.io": { auth: base64("me:p:w") },
        "https://old.example:8443/v2/": { auth: base64("old:pw\0\0") },
        "plain.example": { username: "u", password: "p" },
        "token.example": { auth: base64("ignored:x"), identitytoken: "refresh" },
        "https://index.docker.io/v1/": { auth: base64("hub:pw") },
      },
    });

    assert.deepEqual(await home.credentials("ghcr.io"), ["me", "p:w"]);
    assert.deepEqual(await home.credentials("old.example:8443"), ["old", "pw"]);
    assert.deepEqual(await home.credentials("plain.example"), ["u", "p"]);
    assert.deepEqual(await home.credentials("token.example"), ["", "refresh"]);
    assert.deepEqual(await home.credentials("registry-1.docker.io"), ["hub", "pw"]);
    assert.deepEqual(await home.credentials("docker.io"), ["hub", "pw"]);
    assert.deepEqual(await home.credentials("other.example"), ["", ""]);
  });

  test("are empty without a configuration", async () => {
    using home = new Home();
    assert.deepEqual(await home.credentials("ghcr.io", { configFolder: join(home.path, "none") }), ["", ""]);
  });

  test("come from DOCKER_AUTH_CONFIG first", async () => {
    using home = new Home();
    home.writeConfig({ auths: { a: { auth: base64("file:1") }, b: { auth: base64("file:2") } } });
    const authConfig = JSON.stringify({ auths: { a: { auth: base64("env:1") } } });
    assert.deepEqual(await home.credentials("a", { authConfig }), ["env", "1"]);
    assert.deepEqual(await home.credentials("b", { authConfig }), ["file", "2"]);
  });

  test("come from the helper of the registry, or from the store for all others", async () => {
    using home = new Home();
    home.writeConfig({
      credsStore: "all",
      credHelpers: { "special.example": "one" },
      auths: { x: { auth: base64("a:b") } },
    });
    home.writeHelper("one", `read url; echo "{\\"Username\\":\\"one\\",\\"Secret\\":\\"$url $1\\"}"`);
    home.writeHelper(
      "all",
      `read url; [ "$url" = known ] && echo '{"Username":"<token>","Secret":"t"}' && exit
      echo "credentials not found in native keychain"; exit 1`,
    );

    assert.deepEqual(await home.credentials("special.example"), ["one", "special.example get"]);
    assert.deepEqual(await home.credentials("known"), ["", "t"]);
    assert.deepEqual(await home.credentials("x"), ["", ""], "not from the file when there is a store");
  });

  test("are asked for once, however often the engine wants them", async () => {
    using home = new Home();
    home.writeConfig({ credsStore: "count" });
    home.writeHelper("count", `echo x >> ${home.path}/calls; echo '{"Username":"u","Secret":"s"}'`);
    const service = home.service();
    await Promise.all([1, 2, 3].map(() => callUnary(service, Auth.credentials, { host: "h" })));
    assert.equal(readFileSync(join(home.path, "calls"), "utf8"), "x\n");
  });

  test("fail clearly, and without showing any, when a helper is missing, broken or silent", {
    timeout: 10_000,
  }, async () => {
    using home = new Home();
    home.writeConfig({ credsStore: "none", credHelpers: { bad: "bad", text: "text", slow: "slow", empty: "empty" } });
    home.writeHelper("bad", "echo hunter2; exit 3");
    home.writeHelper("text", "echo hunter2");
    home.writeHelper("empty", `echo '{"Secret": 7}'`);
    home.writeHelper("slow", "exec sleep 60");

    const messages: Record<string, RegExp> = {
      missing: /docker-credential-none did not give credentials: it is not installed/,
      bad: /ended with status 3/,
      text: /not JSON/,
      empty: /no Username and Secret/,
      slow: /no answer within 300 ms/,
    };
    for (const [host, message] of Object.entries(messages)) {
      const failing = home.credentials(host, host === "slow" ? { helperTimeoutMs: 300 } : {});
      await assert.rejects(failing, (error: Error) => {
        assert.match(error.message, message);
        assert.ok(!inspect(error, { depth: 10 }).includes("hunter2"));
        return (error as { code?: unknown }).code === "credential_helper_failed";
      });
    }
  });

  test("fail clearly, and without showing any, when the configuration is damaged", async () => {
    using home = new Home();
    for (const config of [`{"auths": {"x": {"auth": "hunter2"`, { auths: { x: { auth: base64("hunter2") } } }, "[]"]) {
      home.writeConfig(config);
      await assert.rejects(home.credentials("x"), (error: Error) => {
        assert.ok(!inspect(error, { depth: 10 }).includes("hunter2"));
        return (error as { code?: unknown }).code === "docker_config_invalid";
      });
    }
  });
});

describe("tokens", () => {
  interface Seen {
    readonly method: string;
    readonly url: string;
    readonly authorization: string | undefined;
    readonly form: Record<string, string>;
  }

  async function tokenServer(
    answer: (seen: Seen) => [status: number, body: unknown],
  ): Promise<AsyncDisposable & { realm: string; seen: Seen[] }> {
    const seen: Seen[] = [];
    const server = createServer(async (request, response) => {
      const form = Object.fromEntries(new URLSearchParams(await textOf(request)));
      const { method = "", url = "" } = request;
      seen.push({ method, url, authorization: request.headers.authorization, form });
      const [status, body] = answer(seen.at(-1) as Seen);
      response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      realm: `http://127.0.0.1:${port}/token?x=1`,
      seen,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      },
    };
  }

  async function textOf(request: IncomingMessage): Promise<string> {
    let text = "";
    for await (const piece of request) text += piece;
    return text;
  }

  const scopes = ["repository:a/b:pull", "repository:c:pull,push"];

  test("are fetched by OAuth with a password", async () => {
    using home = new Home();
    home.writeConfig({ auths: { host: { auth: base64("me:pw") } } });
    await using server = await tokenServer(() => [
      200,
      { access_token: "T", expires_in: 300, issued_at: "2026-01-02T03:04:05Z" },
    ]);

    const request = { host: "host", realm: server.realm, service: "svc", scopes };
    const response = await callUnary(home.service(), Auth.fetchToken, request);

    assert.deepEqual(response, { token: "T", expiresIn: 300n, issuedAt: 1767323045n });
    assert.equal(server.seen[0]?.method, "POST");
    assert.deepEqual(server.seen[0]?.form, {
      grant_type: "password",
      username: "me",
      password: "pw",
      client_id: "buildkit-client",
      service: "svc",
      scope: scopes.join(" "),
    });
  });

  test("are fetched by OAuth with an identity token", async () => {
    using home = new Home();
    home.writeConfig({ auths: { host: { identitytoken: "refresh" } } });
    await using server = await tokenServer(() => [200, { access_token: "T" }]);
    await callUnary(home.service(), Auth.fetchToken, { host: "host", realm: server.realm, service: "svc" });
    assert.deepEqual(
      [server.seen[0]?.form["grant_type"], server.seen[0]?.form["refresh_token"]],
      ["refresh_token", "refresh"],
    );
  });

  for (const status of [404, 401, 405]) {
    test(`are fetched by GET where POST is answered with ${status}`, async () => {
      using home = new Home();
      home.writeConfig({ auths: { host: { auth: base64("me:pw") } } });
      await using server = await tokenServer(({ method }) =>
        method === "POST" ? [status, ""] : [200, { token: "T" }],
      );

      const response = await callUnary(home.service(), Auth.fetchToken, {
        host: "host",
        realm: server.realm,
        service: "s v",
        scopes,
      });

      assert.deepEqual([response.token, response.expiresIn, response.issuedAt], ["T", 60n, 0n]);
      assert.equal(server.seen[1]?.authorization, `Basic ${base64("me:pw")}`);
      const query = new URL(server.seen[1]?.url ?? "", "http://x").searchParams;
      assert.deepEqual([query.get("x"), query.get("service"), query.getAll("scope")], ["1", "s v", scopes]);
    });
  }

  test("are fetched anonymously without credentials", async () => {
    using home = new Home();
    await using server = await tokenServer(() => [200, { token: "anon" }]);
    const { token } = await callUnary(home.service(), Auth.fetchToken, {
      host: "host",
      realm: server.realm,
      service: "s",
    });
    assert.equal(token, "anon");
    assert.deepEqual(
      [server.seen.length, server.seen[0]?.method, server.seen[0]?.authorization],
      [1, "GET", undefined],
    );
  });

  test("from the configuration are passed on as they are", async () => {
    using home = new Home();
    home.writeConfig({ auths: { host: { registrytoken: "fixed" } } });
    const { token } = await callUnary(home.service(), Auth.fetchToken, { host: "host", realm: "http://127.0.0.1:1/" });
    assert.equal(token, "fixed");
  });

  test("that are refused give an error without credentials in it", async () => {
    using home = new Home();
    home.writeConfig({ auths: { host: { auth: base64("me:hunter2") } } });
    const answers: Array<[number, unknown]> = [
      [403, "no"],
      [500, "x"],
      [200, {}],
      [200, "no json"],
      [200, "x".repeat(3_000_000)],
    ];
    for (const answer of answers) {
      await using server = await tokenServer(() => answer);
      const failing = callUnary(home.service(), Auth.fetchToken, { host: "host", realm: server.realm });
      await assert.rejects(failing, (error: Error) => {
        assert.ok(!inspect(error, { depth: 10 }).includes("hunter2"));
        return (error as { code?: unknown }).code === "registry_token_refused";
      });
    }
    for (const realm of ["", "ftp://x/", "http://127.0.0.1:1/", "http://a:hunter2@127.0.0.1:1/"]) {
      const failing = callUnary(home.service(), Auth.fetchToken, { host: "host", realm });
      await assert.rejects(
        failing,
        (error: Error) =>
          !error.message.includes("hunter2") && "code" in error && error.code === "registry_token_refused",
      );
    }
  });
});

describe("the token authority", () => {
  const salt = Buffer.alloc(32, 7);

  test("signs with a key that depends on host, salt and seed", async () => {
    using home = new Home();
    home.writeConfig({ auths: { a: { auth: base64("me:pw") }, b: { auth: base64("me:pw") } } });
    const service = home.service();
    const keyOf = async (host: string, withSalt = salt): Promise<string> =>
      Buffer.from((await callUnary(service, Auth.getTokenAuthority, { host, salt: withSalt })).publicKey).toString(
        "hex",
      );

    const key = await keyOf("a");
    assert.equal(key.length, 64);
    assert.equal(await keyOf("a"), key);
    assert.notEqual(await keyOf("b"), key);
    assert.notEqual(await keyOf("a", Buffer.alloc(32, 8)), key);

    const payload = Buffer.from("payload");
    const { signed } = await callUnary(service, Auth.verifyTokenAuthority, { host: "a", salt, payload });
    const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key, "hex").toString("base64url") };
    assert.ok(verify(undefined, payload, createPublicKey({ key: jwk, format: "jwk" }), signed.subarray(0, 64)));
    assert.ok(payload.equals(signed.subarray(64)));
  });

  test("is the same for everybody without credentials", async () => {
    using one = new Home();
    using two = new Home();
    const keys = await Promise.all(
      [one, two].map(
        async (home) => (await callUnary(home.service(), Auth.getTokenAuthority, { host: "h", salt })).publicKey,
      ),
    );
    // HMAC-SHA256 of nothing, as an Ed25519 seed.
    assert.deepEqual(keys[0], keys[1]);
  });

  test("keeps its seed in docker's folder, in docker's format", async () => {
    using home = new Home();
    home.writeConfig({ auths: { a: { auth: base64("me:pw") } } });
    writeFileSync(join(home.path, ".token_seed"), JSON.stringify({ other: { Seed: base64("0123456789abcdef") } }));
    const key = async (): Promise<Uint8Array> =>
      (await callUnary(home.service(), Auth.getTokenAuthority, { host: "a", salt })).publicKey;

    const first = await key();

    assert.deepEqual(await key(), first, "a new service finds it again");
    const stored = JSON.parse(readFileSync(join(home.path, ".token_seed"), "utf8"));
    assert.equal(Buffer.from(stored.a.Seed, "base64").length, 16);
    assert.equal(stored.other.Seed, base64("0123456789abcdef"));
  });

  test("is unavailable when tokens are not to be fetched here", async () => {
    using home = new Home();
    const service = home.service({ fetchesTokens: false });
    await assert.rejects(callUnary(service, Auth.getTokenAuthority, { host: "a", salt }), { code: 14 });
  });
});
