import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, suite, test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { FixedAccess } from "../testing/fixed-access.ts";
import { sha256, TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

suite("uploads", () => {
  let server: TestRegistryServer;
  let client: TestClient;
  const bytes = randomBytes(100_000);
  const digest = sha256(bytes);

  before(async () => {
    server = await startTestRegistry();
    client = new TestClient(server);
  });
  after(() => server[Symbol.asyncDispose]());

  const assertPulls = async (repository: string): Promise<void> => {
    const got = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
    assert.deepEqual(got.body, bytes);
  };
  const range = (first: number, last: number) => ({ "content-range": `${first}-${last}` });

  test("POST, then one PUT with everything", async () => {
    const location = await client.startUpload("one");

    const put = await client.send("PUT", `${location}?digest=${digest}`, { body: bytes });

    assert.equal(put.status, 201);
    assert.equal(put.headers.get("location"), `/v2/one/blobs/${digest}`);
    assert.equal(put.headers.get("docker-content-digest"), digest);
    await assertPulls("one");
  });

  test("POST, then one PATCH without a length, then an empty PUT", async () => {
    const location = await client.startUpload("two");

    const patched = await client.send("PATCH", location, { body: inPieces(bytes, 999) });
    const put = await client.send("PUT", `${patched.headers.get("location")}?digest=${digest}`);

    assert.deepEqual([patched.status, patched.headers.get("range")], [202, "0-99999"]);
    assert.equal(put.status, 201);
    await assertPulls("two");
  });

  test("chunks with their places, the last one in the PUT", async () => {
    const location = await client.startUpload("three");

    await client.send("PATCH", location, { body: bytes.subarray(0, 30_000), headers: range(0, 29_999) });
    await client.send("PATCH", location, { body: bytes.subarray(30_000, 60_000), headers: range(30_000, 59_999) });
    const status = await client.send("GET", location);
    const put = await client.send("PUT", `${location}?digest=${digest}`, {
      body: bytes.subarray(60_000),
      headers: range(60_000, 99_999),
    });

    assert.deepEqual([status.status, status.headers.get("range")], [204, "0-59999"]);
    assert.equal(put.status, 201);
    await assertPulls("three");
  });

  test("a chunk in the wrong place is refused, and the upload goes on where it was", async () => {
    const location = await client.startUpload("four");
    await client.send("PATCH", location, { body: bytes.subarray(0, 1000), headers: range(0, 999) });

    const ahead = await client.send("PATCH", location, { body: bytes.subarray(2000), headers: range(2000, 99_999) });
    const again = await client.send("PATCH", location, { body: bytes.subarray(0, 1000), headers: range(0, 999) });
    const lying = await client.send("PATCH", location, {
      body: bytes.subarray(1000, 1010),
      headers: range(1000, 1019),
    });
    const rest = await client.send("PATCH", location, { body: bytes.subarray(1000), headers: range(1000, 99_999) });

    assert.deepEqual([ahead.status, ahead.code, ahead.headers.get("range")], [416, "BLOB_UPLOAD_INVALID", "0-999"]);
    assert.equal(again.status, 416);
    assert.equal(lying.status, 400);
    assert.equal(rest.headers.get("range"), "0-99999");
    assert.equal((await client.send("PUT", `${location}?digest=${digest}`)).status, 201);
  });

  test("a chunk without a length that is shorter or longer than announced is refused", async () => {
    const location = await client.startUpload("five");

    const short = await client.send("PATCH", location, {
      body: inPieces(bytes.subarray(0, 50), 10),
      headers: range(0, 99),
    });
    const long = await client.send("PATCH", location, {
      body: inPieces(bytes.subarray(0, 50), 10),
      headers: range(0, 9),
    });

    assert.deepEqual([short.status, short.code], [400, "SIZE_INVALID"]);
    assert.notEqual(long.status, 202);
  });

  test("a chunk that breaks off is kept as far as it came", async () => {
    const location = await client.startUpload("six");
    const abort = new AbortController();
    const breakingOff = (async function* () {
      yield bytes.subarray(0, 65_536);
      // Seen by the registry once it is kept.
      while ((await client.send("GET", location)).status !== 204)
        await new Promise((resolve) => setTimeout(resolve, 10));
      abort.abort();
      yield bytes.subarray(65_536);
    })();

    await assert.rejects(client.send("PATCH", location, { body: breakingOff, signal: abort.signal }));
    let size = 0;
    for (let tries = 0; tries < 500; tries++) {
      const status = await client.send("GET", location);
      size = Number(status.headers.get("range")?.split("-")[1]) + 1;
      const patched = await client.send("PATCH", location, {
        body: bytes.subarray(size),
        headers: range(size, 99_999),
      });
      if (patched.status === 202) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const put = await client.send("PUT", `${location}?digest=${digest}`);

    assert.ok(size > 1, "nothing was kept");
    assert.equal(put.status, 201);
    await assertPulls("six");
  });

  test("the wrong digest is refused, and nothing is left", async () => {
    const wrong = sha256(Buffer.from("other"));
    const location = await client.startUpload("seven");

    const put = await client.send("PUT", `${location}?digest=${wrong}`, { body: bytes });
    const post = await client.send("POST", `/v2/seven/blobs/uploads/?digest=${wrong}`, { body: bytes });
    const none = await client.send("PUT", await client.startUpload("seven"), { body: bytes });

    assert.deepEqual([put.status, put.code], [400, "DIGEST_INVALID"]);
    assert.deepEqual([post.status, post.code], [400, "DIGEST_INVALID"]);
    assert.deepEqual([none.status, none.code], [400, "DIGEST_INVALID"]);
    assert.equal((await client.send("GET", location)).status, 404);
    assert.equal((await client.send("HEAD", `/v2/seven/blobs/${wrong}`)).status, 404);
  });

  test("a cancelled or finished upload is gone", async () => {
    const cancelled = await client.startUpload("eight");
    const finished = await client.startUpload("eight");
    await client.send("PUT", `${finished}?digest=${digest}`, { body: bytes });

    assert.equal((await client.send("DELETE", cancelled)).status, 204);
    for (const location of [cancelled, finished, "/v2/eight/blobs/uploads/unknown"]) {
      for (const method of ["GET", "PATCH", "DELETE"]) {
        const answer = await client.send(method, location, method === "PATCH" ? { body: "x" } : {});
        assert.deepEqual([answer.status, method === "HEAD" ? "" : answer.code], [404, "BLOB_UPLOAD_UNKNOWN"]);
      }
    }
  });

  test("a mount saves the sending, with and without a source; when it cannot be, the blob is sent", async () => {
    await client.pushBlob("source", bytes);
    const unknown = sha256(Buffer.from("unknown"));

    const from = await client.send("POST", `/v2/target/blobs/uploads/?mount=${digest}&from=source`);
    const anywhere = await client.send("POST", `/v2/target2/blobs/uploads/?mount=${digest}`);
    const missing = await client.send("POST", `/v2/target/blobs/uploads/?mount=${unknown}&from=source`);
    const nowhere = await client.send("POST", `/v2/target/blobs/uploads/?mount=${digest}&from=no/such/repository`);

    assert.deepEqual([from.status, from.headers.get("location")], [201, `/v2/target/blobs/${digest}`]);
    assert.equal(anywhere.status, 201);
    assert.equal(missing.status, 202);
    assert.match(missing.headers.get("location") ?? "", /^\/v2\/target\/blobs\/uploads\//);
    assert.equal(nowhere.status, 202);
    await assertPulls("target");
  });

  test("two requests at once for one upload do not mix", async () => {
    const location = await client.startUpload("nine");
    const halves = [bytes.subarray(0, 50_000), bytes.subarray(50_000)] as const;

    const answers = await Promise.all(
      halves.map((body) => client.send("PATCH", location, { body: inPieces(body, 100) })),
    );
    const size = Number((await client.send("GET", location)).headers.get("range")?.split("-")[1]) + 1;

    const accepted = answers.filter(({ status }) => status === 202).length;
    assert.ok(accepted >= 1);
    assert.equal(size, accepted * 50_000);
    for (const { status } of answers) assert.ok([202, 409, 416].includes(status), String(status));
  });

  test("one caller's uploads are limited, another one's are not touched by it", async () => {
    const rights = { "*": ["pull", "push"] } as const;
    const access = new FixedAccess({ one: { password: "1", rights }, two: { password: "2", rights } });
    await using limited = await startTestRegistry({ access, limits: { maxUploadsPerCaller: 3 } });
    const one = new TestClient({ url: limited.url, username: "one", password: "1" });
    const two = new TestClient({ url: limited.url, username: "two", password: "2" });
    const started = await Promise.all([1, 2, 3].map(() => one.startUpload("a")));

    const refused = await one.send("POST", "/v2/a/blobs/uploads/");
    const other = await two.send("POST", "/v2/a/blobs/uploads/");
    await one.send("DELETE", started[0] ?? "");
    const afterwards = await one.send("POST", "/v2/a/blobs/uploads/");

    assert.deepEqual([refused.status, refused.code], [429, "TOOMANYREQUESTS"]);
    assert.equal(other.status, 202);
    assert.equal(afterwards.status, 202);
  });

  test("blobs beyond the limit are refused while they come", async () => {
    await using limited = await startTestRegistry({ limits: { maxBlobBytes: 1000 } });
    const small = new TestClient(limited);
    const location = await small.startUpload("a");

    const answer = await small.send("PATCH", location, { body: inPieces(bytes.subarray(0, 2000), 500) });

    const announced = await small.send("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: bytes });

    assert.deepEqual([answer.status, answer.code], [413, "SIZE_INVALID"]);
    assert.deepEqual([announced.status, announced.code], [413, "SIZE_INVALID"]);
    const left: string[] = [];
    for await (const { id } of limited.blobs.uploads()) left.push(id);
    assert.deepEqual(left, [location.split("/").at(-1)]);
  });

  test("a client that sends nothing is cut, and can go on later", { timeout: 60_000 }, async () => {
    await using strict = await startTestRegistry({ limits: { idleMs: 300 } });
    const slow = new TestClient(strict);
    const location = await slow.startUpload("a");
    const authorization = `Basic ${Buffer.from(`${strict.username}:${strict.password}`).toString("base64")}`;
    const socket = connect(Number(strict.url.port), "127.0.0.1");
    socket.write(
      `PATCH ${location} HTTP/1.1\r\nhost: ${strict.host}\r\nauthorization: ${authorization}\r\ncontent-length: 1000\r\n\r\n0123456789`,
    );

    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    await once(socket, "close");
    const status = await slow.send("GET", location);

    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(status.headers.get("range"), "0-9");
  });
});
