import assert from "node:assert/strict";
import { Agent, request as request1 } from "node:http";
import { connect as connect2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "@opendepot/base";
import { checkLeaks } from "@opendepot/testing";
import { listenOnePort, type OnePort, type OnePortOptions } from "./one-port.ts";

checkLeaks();

/** Answers with the protocol and how many bytes the body had. */
function listen(options: Partial<OnePortOptions> = {}): Promise<OnePort> {
  return listenOnePort({
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    createHandler: () => (request, response) => {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on("end", () => response.end(`${request.httpVersion} ${bytes}`));
    },
    ...options,
  });
}

async function askOverHttp1(port: number, body: Buffer, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request1({ port, host: "127.0.0.1", method: "POST", ...(agent ? { agent } : {}) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve(text));
    });
    call.once("error", reject);
    call.end(body);
  });
}

async function askOverHttp2(port: number, body: Buffer): Promise<string> {
  const session = connect2(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.end(body);
    let text = "";
    for await (const part of stream) text += String(part);
    return text;
  } finally {
    session.close();
  }
}

test("one port speaks HTTP/1.1 and HTTP/2, at once and with large bodies", async () => {
  await using port = await listen();
  const body = Buffer.alloc(3_000_000, "x");

  const answers = await Promise.all([
    askOverHttp1(port.port, body),
    askOverHttp2(port.port, body),
    askOverHttp1(port.port, Buffer.alloc(0)),
    askOverHttp2(port.port, Buffer.from("y")),
  ]);

  assert.deepEqual(answers, ["1.1 3000000", "2.0 3000000", "1.1 0", "2.0 1"]);
});

test("connections are kept for further requests", async () => {
  await using port = await listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  for (let round = 0; round < 3; round++) {
    assert.equal(await askOverHttp1(port.port, Buffer.alloc(round), agent), `1.1 ${round}`);
  }
  agent.destroy();
});

test("a request that arrives byte by byte is understood in either protocol", async () => {
  await using port = await listen();
  const text = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";
  const socket = connect(port.port, "127.0.0.1").setNoDelay();
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  const ended = new Promise((resolve) => socket.once("close", resolve));

  for (const byte of text) {
    socket.write(byte);
    await sleep(1);
  }
  await ended;

  assert.match(answer, /^HTTP\/1\.1 200 OK/);
  assert.match(answer, /1\.1 3/);
});

test("a request whose first word begins like HTTP/2 is still HTTP/1", async () => {
  await using port = await listen();
  const socket = connect(port.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  const ended = new Promise((resolve) => socket.once("close", resolve));

  socket.write("P");
  await sleep(20);
  socket.write("UT / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  await ended;

  assert.match(answer, /^HTTP\/1\.1 200 OK/);
});

test("a connection that says nothing is closed, and so is one that says half", async () => {
  await using port = await listen({ sniffTimeoutMs: 50 });

  for (const start of ["", "PRI * HTT"]) {
    const socket = connect(port.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    if (start !== "") socket.write(start);
    await closed;
  }
});

test("a client that breaks off while it is being sniffed disturbs nobody", async () => {
  await using port = await listen();
  for (let round = 0; round < 5; round++) {
    const socket = connect(port.port, "127.0.0.1");
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    socket.write("PRI");
    socket.resetAndDestroy();
  }

  assert.equal(await askOverHttp1(port.port, Buffer.from("x")), "1.1 1");
});

test("disposing lets a request end, cuts one that does not, and never hangs", async () => {
  const slow = Promise.withResolvers<void>();
  const port = await listenOnePort({
    ...{ host: "127.0.0.1", port: 0, logger: silentLogger, closeTimeoutMs: 150 },
    createHandler: () => (request, response) => {
      if (request.url === "/never") return;
      void slow.promise.then(() => response.end("done"));
    },
  });
  const get = (path: string): Promise<string> =>
    fetch(`http://127.0.0.1:${port.port}${path}`).then((response) => response.text());
  const ends = get("/slow");
  const never = get("/never").catch(() => "cut");
  const session = connect2(`http://127.0.0.1:${port.port}`);
  await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
  await sleep(50);

  const closing = port[Symbol.asyncDispose]();
  slow.resolve();

  assert.equal(await ends, "done");
  assert.equal(await never, "cut");
  await closing;
  await assert.rejects(get("/late"));
});

test("a second listener on the same port is refused with the system's code", async () => {
  await using port = await listen();
  await assert.rejects(listen({ port: port.port }), { code: "EADDRINUSE" });
});
