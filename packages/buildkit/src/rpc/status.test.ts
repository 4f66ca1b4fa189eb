import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../gen/google/rpc/status.ts";
import { createRandom } from "../testing/random.ts";
import { encode } from "../wire/codec.ts";
import { GrpcCode, GrpcError } from "./grpc-error.ts";
import { Metadata } from "./metadata.ts";
import { decodeGrpcMessage, encodeGrpcMessage, errorOfTrailers, trailersOf } from "./status.ts";

function read(trailers: Record<string, string>): GrpcError | undefined {
  return errorOfTrailers(new Metadata(Object.entries(trailers)));
}

test("messages survive percent-encoding as printable ASCII", () => {
  const random = createRandom(3);
  for (let round = 0; round < 500; round++) {
    const text = random.text();
    const header = encodeGrpcMessage(text);
    assert.match(header, /^[\x20-\x7e]*$/);
    assert.equal(decodeGrpcMessage(header), text);
  }
  assert.equal(encodeGrpcMessage("100% né\n"), "100%25 n%C3%A9%0A");
});

test("escapes that are none stay in the message", () => {
  assert.equal(decodeGrpcMessage("50% of %zz and %4"), "50% of %zz and %4");
  assert.equal(decodeGrpcMessage("%41%"), "A%");
});

test("status 0 is no error", () => {
  assert.equal(read({ "grpc-status": "0" }), undefined);
});

test("code, message and details arrive as they were sent", () => {
  const sent = new GrpcError(GrpcCode.notFound, "no such thing: é%", {
    details: [{ typeUrl: "github.com/x", value: Uint8Array.of(1, 2, 3) }],
  });
  const error = read(trailersOf(sent));
  assert.equal(error?.code, GrpcCode.notFound);
  assert.equal(error?.message, sent.message);
  assert.deepEqual(
    error?.details.map(({ typeUrl, value }) => [typeUrl, [...value]]),
    [["github.com/x", [1, 2, 3]]],
  );
});

test("of two different texts the longer one is taken", () => {
  const bytes = encode(Status, { code: 2, message: "failed to solve: the long story" });
  const header = Buffer.from(bytes).toString("base64");
  assert.equal(
    read({ "grpc-status": "2", "grpc-message": "short", "grpc-status-details-bin": header })?.message,
    "failed to solve: the long story",
  );
});

test("broken details hide nothing of the error", () => {
  for (const details of ["!!!", "CgU", "//////////////"]) {
    const error = read({ "grpc-status": "5", "grpc-message": "gone", "grpc-status-details-bin": details });
    assert.deepEqual([error?.code, error?.message, error?.details], [GrpcCode.notFound, "gone", []]);
  }
});

test("a status that is no number is unknown, and an error never goes out as OK", () => {
  assert.equal(read({ "grpc-status": "x" })?.code, GrpcCode.unknown);
  assert.equal(read({})?.code, GrpcCode.unknown);
  assert.equal(trailersOf(new GrpcError(GrpcCode.ok, "odd"))["grpc-status"], "2");
});
