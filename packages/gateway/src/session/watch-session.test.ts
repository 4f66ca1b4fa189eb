import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposableSync } from "node:fs";
import { connect, createServer as createHttp2Server } from "node:http2";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { frameMessage } from "@opendepot/buildkit";
import { BytesMessage, encode, message, Packet, type Stat } from "@opendepot/buildkit/wire";
import { watchSession } from "./watch-session.ts";

const SYNC_FILES = "/moby.filesync.v1.FileSync/DiffCopy";
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

interface Seen {
  readonly secrets: string[];
  /** Why secrets could not be followed. */
  readonly losses: string[];
  readonly refusals: string[];
  readonly stripped: number;
  /** What the client said and the engine hears. */
  readonly passed: Buffer;
}

/** Shows a talk to a watch, in `BytesMessage`s of which each arrives in pieces of so many bytes. */
function show(talk: Talk, pieceBytes: number): Seen {
  const [secrets, losses, refusals]: [string[], string[], string[]] = [[], [], []];
  const passed: Buffer[] = [];
  let stripped = 0;
  const watch = watchSession({
    onSecret: (value) => secrets.push(Buffer.from(value).toString()),
    onSecretsLost: (error) => losses.push(String(error)),
    onStripped: () => {
      stripped++;
    },
    onRefused: (error) => refusals.push(String(error)),
  });
  for (const { side, bytes } of talk) {
    const framed = frameMessage(encode(BytesMessage, { data: bytes }));
    for (let at = 0; at < framed.length; at += pieceBytes) {
      const piece = Buffer.from(framed.subarray(at, at + pieceBytes));
      const mayPass = side === "client" ? watch.fromClient(piece) : watch.fromEngine(piece);
      assert.equal(mayPass, refusals.length === 0);
      if (mayPass && side === "client") passed.push(Buffer.from(piece));
      piece.fill(0); // it is given back: nobody may have kept it
    }
  }
  return { secrets, losses, refusals, stripped, passed: Buffer.concat(passed) };
}

/** What the client of a talk said, as {@link show} sends it. */
function saidByClient(talk: Talk): Buffer {
  const said = talk.filter(({ side }) => side === "client");
  return Buffer.concat(said.map(({ bytes }) => frameMessage(encode(BytesMessage, { data: bytes }))));
}

/** An entry of a context in a message of its own. */
const entry = (stat: Partial<Stat>): Buffer => frameMessage(encode(Packet, { type: 0, stat }));

const secret = (value: string): Buffer => frameMessage(encode(Answer, { data: Buffer.from(value) }));

describe("a session's watch", () => {
  test("sees every secret that is given, in whatever pieces, and nothing else", async () => {
    const large = "s".repeat(200_000);
    const talk = await converse([
      { path: SYNC_FILES, answer: frameMessage(encode(Packet, { type: 2, id: 1, data: Buffer.alloc(300_000, "x") })) },
      { path: GET_SECRET, answer: secret("first") },
      { path: "/moby.filesync.v1.Auth/Credentials", answer: secret("not this") },
      { path: GET_SECRET.toLowerCase(), answer: secret("second") },
      { path: GET_SECRET, answer: Buffer.alloc(0) }, // there is no such secret
      { path: GET_SECRET, answer: secret(large) },
    ]);
    for (const pieceBytes of [1, 7, 1000, 16_384, 1_000_000]) {
      const { secrets, losses, refusals, stripped, passed } = show(talk, pieceBytes);
      assert.deepEqual([losses, refusals, stripped], [[], [], 0]);
      assert.ok(passed.equals(saidByClient(talk)));
      assert.deepEqual(
        secrets.map((value) => value.slice(0, 10)),
        ["first", "second", "ssssssssss"],
      );
      assert.equal(secrets[2]?.length, large.length);
    }
  });

  test("takes attributes of links out of contexts, and leaves calls alone that only look like one", async () => {
    const link = entry({
      path: "link",
      mode: 0x8000000,
      linkname: "/etc",
      xattrs: { "trusted.evil": Buffer.from("1") },
    });
    const talk = await converse([
      { path: SYNC_FILES, answer: link },
      { path: "/moby.filesync.v1.FileSend/DiffCopy", answer: link },
      { path: SYNC_FILES, answer: Buffer.concat([entry({ path: "file", mode: 0o644 }), link]) },
    ]);
    for (const pieceBytes of [1, 7, 1_000_000]) {
      const { refusals, stripped, passed } = show(talk, pieceBytes);
      assert.deepEqual([refusals, stripped], [[], 2]);
      const changed = [...saidByClient(talk)].filter((byte, at) => byte !== passed[at]);
      assert.deepEqual(changed, [0x52, 0x52]);
    }
  });

  test("refuses once what it cannot follow, and lets nothing pass from then on", () => {
    const refusals: unknown[] = [];
    const fail = (): never => assert.fail("told of something");
    const onRefused = (error: unknown): void => void refusals.push(error);
    const watch = watchSession({ onSecret: fail, onSecretsLost: fail, onStripped: fail, onRefused });
    assert.equal(watch.fromEngine(Buffer.from([1, 0, 0, 0, 5, 0x0a, 3, 1, 2, 3])), false); // compressed
    assert.equal(watch.fromEngine(Buffer.from("anything")), false);
    assert.equal(watch.fromClient(Buffer.from("anything")), false);
    assert.equal(refusals.length, 1);
  });

  test("refuses an answer to what the client cannot have been asked yet", async () => {
    const talk = await converse([{ path: SYNC_FILES, answer: entry({ path: "file", mode: 0o644 }) }]);
    const early = [...talk].sort((one, other) => one.side.localeCompare(other.side));
    assert.match(show(early, 100).refusals.join(), /was not asked/);
  });

  test("refuses padded frames in a context, and no others", async () => {
    const padded = (streamId: number): Buffer => {
      const frame = Buffer.from([0, 0, 3, 0, 8, 0, 0, 0, streamId, 1, 7, 0]);
      return frame;
    };
    for (const [path, refused] of [[SYNC_FILES, 1] as const, ["/moby.filesync.v1.Auth/Credentials", 0] as const]) {
      const talk = await converse([{ path, answer: Buffer.alloc(0) }]);
      const opened = talk.findIndex(({ side, bytes }) => side === "engine" && bytes.includes("request"));
      const until = talk.slice(0, opened + 1).filter(({ side }) => side === "engine");
      assert.equal(show([...until, { side: "client", bytes: padded(1) }], 100).refusals.length, refused, path);
    }
  });

  test("follows neither frames nor secrets without limit, and goes on without the secrets", async () => {
    const tooLong = Buffer.alloc(9);
    tooLong.writeUIntBE(0xffffff, 0, 3);
    tooLong[3] = 1;
    assert.equal(show([{ side: "client", bytes: tooLong }], 100).refusals.length, 1);
    const talk = await converse([{ path: GET_SECRET, answer: secret("x".repeat(600_000)) }]);
    const { secrets, losses, refusals, passed } = show(talk, 10_000);
    assert.deepEqual([secrets, refusals], [[], []]);
    assert.match(losses.join(), /limit/);
    assert.ok(passed.equals(saidByClient(talk)));
  });

  test("10,000 damaged sessions are refused or not, and never throw", async () => {
    const talk = await converse([{ path: GET_SECRET, answer: secret("value") }]);
    let seed = 1;
    for (let round = 0; round < 10_000; round++) {
      const damaged = talk.map(({ side, bytes }) => {
        const copy = Buffer.from(bytes);
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        copy[(seed >>> 8) % copy.length] = seed >>> 24;
        return { side, bytes: copy };
      });
      const { losses, refusals } = show(damaged, 50);
      assert.ok(losses.length <= 1 && refusals.length <= 1);
    }
  });
});
