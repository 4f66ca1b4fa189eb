import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect, createServer } from "node:http2";
import type { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { sha256, TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

suite("blobs", () => {
  let server: TestRegistryServer;
  let client: TestClient;
  const bytes = randomBytes(100_000);
  const path = `/v2/a/b/blobs/${sha256(bytes)}`;

  before(async () => {
    server = await startTestRegistry();
    client = new TestClient(server);
    await client.pushBlob("a/b", bytes);
  });
  after(() => server[Symbol.asyncDispose]());

  test("GET brings the bytes, HEAD what they are", async () => {
    const got = await client.send("GET", path);
    const head = await client.send("HEAD", path);

    assert.deepEqual(got.body, bytes);
    for (const { status, headers } of [got, head]) {
      assert.equal(status, 200);
      assert.equal(headers.get("content-length"), "100000");
      assert.equal(headers.get("docker-content-digest"), sha256(bytes));
      assert.equal(headers.get("etag"), `"${sha256(bytes)}"`);
      assert.equal(headers.get("accept-ranges"), "bytes");
      assert.equal(headers.get("content-type"), "application/octet-stream");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    }
    assert.equal(head.body.length, 0);
  });

  test("a range brings a part", async () => {
    const part = await client.send("GET", path, { headers: { range: "bytes=10-19" } });
    const end = await client.send("GET", path, { headers: { range: "bytes=-5" } });
    const rest = await client.send("GET", path, { headers: { range: "bytes=99990-" } });
    const beyond = await client.send("GET", path, { headers: { range: "bytes=100000-" } });

    assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 10-19/100000"]);
    assert.deepEqual(part.body, bytes.subarray(10, 20));
    assert.deepEqual(end.body, bytes.subarray(-5));
    assert.deepEqual(rest.body, bytes.subarray(99_990));
    assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, "bytes */100000"]);
  });

  test("several ranges bring several parts, as far as they are ordered", async () => {
    const range = "bytes=0-1,2-9,50000-50004,-3,100000-";

    const several = await client.send("GET", path, { headers: { range } });
    const one = await client.send("GET", path, { headers: { range: "bytes=0-1,100000-" } });
    const muddled = await client.send("GET", path, { headers: { range: "bytes=2-9,0-1" } });
    const many = Array.from({ length: 1024 }, (_, at) => `${99_999_000_000 + at * 90}-${99_999_000_001 + at * 90}`);
    const long = await client.send("GET", path, { headers: { range: `bytes=0-1,${many.slice(1).join(",")}` } });

    assert.equal(several.status, 206);
    assert.equal(several.headers.get("content-range"), null);
    assert.equal(several.headers.get("content-length"), String(several.body.length));
    assert.equal(several.headers.get("etag"), `"${sha256(bytes)}"`);
    const [, boundary] =
      /^multipart\/byteranges; boundary=(\S+)$/.exec(several.headers.get("content-type") ?? "") ?? [];
    const parts = several.body.toString("latin1").split(`--${boundary}`).slice(1, -1);
    const [, second, third, last] = parts.map((part) => part.split("\r\n\r\n"));
    assert.equal(parts.length, 4);
    assert.match(third?.[0] ?? "", /content-range: bytes 50000-50004\/100000$/);
    assert.equal(second?.[1], `${bytes.toString("latin1", 2, 10)}\r\n`);
    assert.equal(last?.[1], `${bytes.toString("latin1", 99_997)}\r\n`);
    assert.deepEqual([one.status, one.headers.get("content-range")], [206, "bytes 0-1/100000"]);
    assert.deepEqual([muddled.status, muddled.body.length], [200, 100_000]);
    assert.deepEqual([long.status, long.body.length], [206, 2]);
  });

  test("a range holds only for the blob that it was meant for", async () => {
    const other = { range: "bytes=0-1", "if-range": '"sha256:other"' };

    const answer = await client.send("GET", path, { headers: other });

    assert.deepEqual([answer.status, answer.body.length], [200, 100_000]);
  });

  test("who has it already is told so", async () => {
    const headers = { "if-none-match": `W/"x", "${sha256(bytes)}"` };

    assert.equal((await client.send("GET", path, { headers })).status, 304);
    assert.equal((await client.send("HEAD", path, { headers })).status, 304);
  });

  test("an empty blob is one, too", async () => {
    const { digest } = await client.pushBlob("a/b", Buffer.alloc(0));

    const answer = await client.send("GET", `/v2/a/b/blobs/${digest}`);

    assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  });

  test("sha512 serves as well", async () => {
    const digest = `sha512:${createHash("sha512").update(bytes).digest("hex")}`;

    const pushed = await client.send("POST", `/v2/a/b/blobs/uploads/?digest=${digest}`, { body: bytes });
    const got = await client.send("GET", `/v2/a/b/blobs/${digest}`);

    assert.equal(pushed.status, 201);
    assert.deepEqual(got.body, bytes);
  });

  test("what is not here is unknown, with an error that says so", async () => {
    const missing = await client.send("GET", `/v2/a/b/blobs/${sha256(Buffer.from("missing"))}`);
    const invalid = await client.send("GET", "/v2/a/b/blobs/sha256:abc");

    assert.deepEqual([missing.status, missing.code], [404, "BLOB_UNKNOWN"]);
    assert.equal(missing.headers.get("content-type"), "application/json");
    assert.deepEqual([invalid.status, invalid.code], [400, "DIGEST_INVALID"]);
  });

  test("DELETE takes a blob from its repository, unless a manifest needs it", async () => {
    const loose = await client.pushBlob("a/b", randomBytes(10));
    const image = await client.pushImage("a/b", "1");

    const deleted = await client.send("DELETE", `/v2/a/b/blobs/${loose.digest}`);
    const again = await client.send("DELETE", `/v2/a/b/blobs/${loose.digest}`);
    const inUse = await client.send("DELETE", `/v2/a/b/blobs/${image.blobs[0]?.digest}`);

    assert.equal(deleted.status, 202);
    assert.deepEqual([again.status, again.code], [404, "BLOB_UNKNOWN"]);
    assert.deepEqual([inUse.status, inUse.code], [405, "UNSUPPORTED"]);
  });

  test("other methods are none", async () => {
    const answer = await client.send("PUT", path, { body: "x" });

    assert.deepEqual([answer.status, answer.code], [405, "UNSUPPORTED"]);
  });

  for (const kind of ["HTTP/1.1", "HTTP/2"] as const) {
    test(`who takes nothing is cut, and who leaves is let go, over ${kind}`, { timeout: 60_000 }, async () => {
      await using strict = await startTestRegistry({ limits: { idleMs: 300 } });
      const large = await new TestClient(strict).pushBlob("a", randomBytes(30_000_000));
      const handled: Array<Promise<void>> = [];
      const front = kind === "HTTP/2" ? createServer() : createHttpServer();
      front.on("request", (request, response) => handled.push(strict.registry.handle(request, response)));
      front.listen(0, "127.0.0.1");
      await once(front, "listening");
      const address = front.address();
      assert.ok(typeof address === "object" && address);
      const authorization = `Basic ${Buffer.from(`${strict.username}:${strict.password}`).toString("base64")}`;
      const url = new URL(`http://127.0.0.1:${address.port}/v2/a/blobs/${large.digest}`);
      const ask = kind === "HTTP/2" ? askByHttp2 : askByHttp1;

      const idle = await ask(url, authorization);
      const leaving = await ask(url, authorization);
      leaving.destroy();
      await Promise.all(handled);
      let size = 0;
      const end = await (async () => {
        for await (const piece of idle) size += piece.length;
        return "whole";
      })().catch(() => "cut");
      front.close();
      await once(front, "close");

      assert.equal(handled.length, 2);
      assert.ok(size < 30_000_000, `${end} after ${size} bytes`);
    });
  }

  test("HTTP/2 serves as well", async () => {
    const front = createServer((request, response) => void server.registry.handle(request, response));
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const address = front.address();
    assert.ok(typeof address === "object" && address);
    const session = connect(`http://127.0.0.1:${address.port}`);
    const authorization = `Basic ${Buffer.from(`${server.username}:${server.password}`).toString("base64")}`;
    const send = async (headers: Record<string, string>, body?: Buffer) => {
      const stream = session.request({ authorization, ...headers });
      stream.end(body);
      const [answer] = await once(stream, "response");
      const pieces: Buffer[] = [];
      for await (const piece of stream) pieces.push(piece);
      return { status: answer[":status"], body: Buffer.concat(pieces), headers: answer };
    };
    const other = randomBytes(300_000);

    const pushPath = `/v2/a/b/blobs/uploads/?digest=${sha256(other)}`;
    const pushed = await send({ ":method": "POST", ":path": pushPath }, other);
    const got = await send({ ":path": `/v2/a/b/blobs/${sha256(other)}` });
    const ranges = Array.from({ length: 1024 }, (_, at) => `${at * 200}-${at * 200 + 99}`);
    const parts = await send({ ":path": `/v2/a/b/blobs/${sha256(other)}`, range: `bytes=${ranges.join(",")}` });
    const challenged = await send({ ":path": "/v2/", authorization: "" });
    session.close();
    front.close();
    await once(front, "close");

    assert.equal(pushed.status, 201);
    assert.deepEqual(got.body, other);
    assert.deepEqual([parts.status, parts.body.length], [206, Number(parts.headers["content-length"])]);
    assert.ok(parts.body.includes(other.subarray(1023 * 200, 1023 * 200 + 100)));
    assert.equal(challenged.status, 401);
    assert.match(
      String(challenged.headers["www-authenticate"]),
      new RegExp(`realm="http://127.0.0.1:${address.port}/token"`),
    );
  });
});

async function askByHttp1(url: URL, authorization: string): Promise<Readable> {
  const request = httpRequest(url, { headers: { authorization }, agent: false });
  request.end();
  const [response] = await once(request, "response");
  return response.on("error", () => undefined);
}

async function askByHttp2(url: URL, authorization: string): Promise<Readable> {
  const session = connect(url.origin);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": url.pathname, authorization });
  stream.on("close", () => session.close()).on("error", () => undefined);
  await once(stream, "response");
  return stream;
}
