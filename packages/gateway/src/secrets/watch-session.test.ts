import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposableSync } from "node:fs";
import { connect, createServer as createHttp2Server } from "node:http2";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { frameMessage } from "@opendepot/buildkit";
import { BytesMessage, encode, message } from "@opendepot/buildkit/wire";
import { watchSession } from "./watch-session.ts";

const GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
/** As the field numbers are on the wire. */
const Answer = message<{ data: Uint8Array }>("GetSecretResponse", () => [[1, "data", "bytes"]]);

/** Everything that both sides of a session said, in its order. */
type Talk = ReadonlyArray<{ readonly side: "client" | "engine"; readonly bytes: Buffer }>;

/** A session between Node's own HTTP/2 peers: the engine calls the paths, one after another, and gets these answers. */
async function converse(calls: ReadonlyArray<{ readonly path: string; readonly answer: Uint8Array }>): Promise<Talk> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "od-watch-"));
  const talk: { side: "client" | "engine"; bytes: Buffer }[] = [];
  let at = 0;
  const client = createHttp2Server().on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.resume().end(calls[at++]?.answer);
  });
  const between = createServer((engineSide) => {
    const clientSide = createConnection(join(folder.path, "client"));
    engineSide.on("data", (bytes) => talk.push({ side: "engine", bytes })).pipe(clientSide);
    clientSide.on("data", (bytes) => talk.push({ side: "client", bytes })).pipe(engineSide);
  });
  await once(client.listen(join(folder.path, "client")), "listening");
  await once(between.listen(join(folder.path, "between")), "listening");
  const engine = connect("http://session", { createConnection: () => createConnection(join(folder.path, "between")) });
  for (const { path } of calls) {
    const stream = engine.request({ ":method": "POST", ":path": path, "x-padding": "y".repeat(100) });
    stream.resume().end(Buffer.from("request"));
    await once(stream, "close");
  }
  engine.close();
  await once(engine, "close");
  between.close();
  client.close();
  return talk;
}

/** Shows a talk to a watch, in `BytesMessage`s of which each arrives in pieces of so many bytes. */
function show(talk: Talk, pieceBytes: number): { readonly secrets: string[]; readonly losses: string[] } {
  const secrets: string[] = [];
  const losses: string[] = [];
  const watch = watchSession({
    onSecret: (value) => secrets.push(Buffer.from(value).toString()),
    onLost: (error) => losses.push(String(error)),
  });
  for (const { side, bytes } of talk) {
    const framed = frameMessage(encode(BytesMessage, { data: bytes }));
    for (let at = 0; at < framed.length; at += pieceBytes) {
      const piece = Buffer.from(framed.subarray(at, at + pieceBytes));
      if (side === "client") watch.fromClient(piece);
      else watch.fromEngine(piece);
      piece.fill(0); // it is given back: nobody may have kept it
    }
  }
  return { secrets, losses };
}

const secret = (value: string): Buffer => frameMessage(encode(Answer, { data: Buffer.from(value) }));

describe("a session's watch", () => {
  test("sees every secret that is given, in whatever pieces, and nothing else", async () => {
    const large = "s".repeat(200_000);
    const talk = await converse([
      { path: "/moby.filesync.v1.FileSync/DiffCopy", answer: frameMessage(Buffer.alloc(300_000, "x")) },
      { path: GET_SECRET, answer: secret("first") },
      { path: "/moby.filesync.v1.Auth/Credentials", answer: secret("not this") },
      { path: GET_SECRET.toLowerCase(), answer: secret("second") },
      { path: GET_SECRET, answer: Buffer.alloc(0) }, // there is no such secret
      { path: GET_SECRET, answer: secret(large) },
    ]);
    for (const pieceBytes of [1, 7, 1000, 16_384, 1_000_000]) {
      const { secrets, losses } = show(talk, pieceBytes);
      assert.deepEqual(losses, []);
      assert.deepEqual(
        secrets.map((value) => value.slice(0, 10)),
        ["first", "second", "ssssssssss"],
      );
      assert.equal(secrets[2]?.length, large.length);
    }
  });

  test("says once that it cannot follow, and is quiet from then on", () => {
    const losses: unknown[] = [];
    const watch = watchSession({ onSecret: () => assert.fail("a secret"), onLost: (error) => losses.push(error) });
    watch.fromEngine(Buffer.from([1, 0, 0, 0, 5, 0x0a, 3, 1, 2, 3])); // compressed
    watch.fromEngine(Buffer.from("anything"));
    watch.fromClient(Buffer.from("anything"));
    assert.equal(losses.length, 1);
  });

  test("follows neither frames nor secrets without limit", async () => {
    const tooLong = Buffer.alloc(9);
    tooLong.writeUIntBE(0xffffff, 0, 3);
    tooLong[3] = 1;
    assert.equal(show([{ side: "client", bytes: tooLong }], 100).losses.length, 1);
    const talk = await converse([{ path: GET_SECRET, answer: secret("x".repeat(600_000)) }]);
    const { secrets, losses } = show(talk, 10_000);
    assert.deepEqual(secrets, []);
    assert.match(losses.join(), /limit/);
  });

  test("10,000 damaged sessions are lost or not, and never throw", async () => {
    const talk = await converse([{ path: GET_SECRET, answer: secret("value") }]);
    let seed = 1;
    for (let round = 0; round < 10_000; round++) {
      const damaged = talk.map(({ side, bytes }) => {
        const copy = Buffer.from(bytes);
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        copy[(seed >>> 8) % copy.length] = seed >>> 24;
        return { side, bytes: copy };
      });
      assert.ok(show(damaged, 50).losses.length <= 1);
    }
  });
});
