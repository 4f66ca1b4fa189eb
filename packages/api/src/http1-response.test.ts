import assert from "node:assert/strict";
import { test } from "node:test";
import { type HttpAnswer, HttpResponseReader, HttpSyntaxError } from "./http1-response.ts";

/** Reads an answer that comes in pieces of `size` bytes, and then the end of the connection. */
function read(text: string, size = 1): HttpAnswer {
  const reader = new HttpResponseReader(1_000);
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.push(bytes.subarray(at, at + size));
    if (answer) return answer;
  }
  return reader.end();
}

function told(text: string): [number, string, boolean] {
  const answers = [1, 2, 7, 10_000].map((size) => read(text, size));
  const [first] = answers;
  for (const answer of answers) assert.deepEqual(answer, first);
  return [first?.status ?? 0, String(first?.body), first?.isReusable ?? false];
}

test("an answer is read by its length, in chunks, or up to the end of the connection", () => {
  assert.deepEqual(told("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), [200, "abc", true]);
  assert.deepEqual(told("HTTP/1.1 404 \r\ncontent-length:0\r\n\r\n"), [404, "", true]);
  const chunks =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\nA;x=y\r\n0123456789\r\n0\r\nt: 1\r\n\r\n";
  assert.deepEqual(told(chunks), [200, "ab0123456789", true]);
  assert.deepEqual(told("HTTP/1.1 200 OK\r\n\r\nuntil the end"), [200, "until the end", false]);
  assert.deepEqual(told("HTTP/1.1 204 No Content\r\n\r\n"), [204, "", true]);
});

test("connections that end, and old peers, are not used again; information comes before the answer", () => {
  assert.deepEqual(told("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx"), [200, "x", false]);
  assert.deepEqual(told("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx"), [200, "x", false]);
  const hinted = "HTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
  assert.deepEqual(told(hinted), [200, "x", true]);
});

test("what is no answer, is cut off, contradicts itself or is too large is refused", () => {
  for (const text of [
    "SSH-2.0-OpenSSH_9\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n".padEnd(5_050, "x"),
    "HTTP/1.1 200 OK\r\n\r\n".padEnd(5_000, "x"),
    "HTTP/1.1 200 OK\r\nx: ".padEnd(70_000, "x"),
    "",
  ]) {
    assert.throws(() => read(text, 100), HttpSyntaxError, JSON.stringify(text.slice(0, 60)));
  }
});
