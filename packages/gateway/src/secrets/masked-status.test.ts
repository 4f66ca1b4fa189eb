import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode, encode, type Init, StatusResponse } from "@opendepot/buildkit/wire";
import { MaskedStatus } from "./masked-status.ts";
import { SecretValues } from "./secret-values.ts";

const status = (init: Init<StatusResponse>): StatusResponse => decode(StatusResponse, encode(StatusResponse, init));
const log = (vertex: string, text: string, stream = 1n) => ({ vertex, stream, msg: Buffer.from(text) });
const textsOf = ({ logs }: StatusResponse): string[] => logs.map(({ vertex, msg }) => `${vertex}: ${Buffer.from(msg)}`);

function secretsOf(...values: readonly string[]): SecretValues {
  const secrets = new SecretValues();
  for (const value of values) assert.equal(secrets.add(Buffer.from(value)), true);
  return secrets;
}

describe("what an engine says", () => {
  test("is masked in names, errors, warnings and logs", () => {
    const masked = new MaskedStatus(secretsOf("hunter22"));
    const told = masked.mask(
      status({
        vertexes: [{ digest: "a", name: "RUN login hunter22", error: "hunter22 is wrong" }],
        warnings: [{ vertex: "a", short: Buffer.from("hunter22!"), detail: [Buffer.from("no hunter22")] }],
        logs: [log("a", "using hunter22\n")],
      }),
    );
    assert.doesNotMatch(Buffer.from(encode(StatusResponse, told)).toString("latin1"), /hunter22/);
    assert.equal(told.vertexes[0]?.name, "RUN login ***");
    assert.deepEqual(textsOf(told), ["a: using ***\n"]);
  });

  test("is told as it is when the build has no secrets", () => {
    const said = status({ logs: [log("a", "text")] });
    assert.equal(new MaskedStatus(new SecretValues()).mask(said), said);
  });

  test("keeps steps and their two streams apart", () => {
    const masked = new MaskedStatus(secretsOf("hunter22"));
    const told = [
      masked.mask(status({ logs: [log("a", "hunt"), log("b", "er22"), log("a", "er22", 2n)] })),
      masked.mask(status({ logs: [log("a", "er22.")] })),
    ];
    assert.deepEqual(told.map(textsOf), [["b: er22", "a: er22"], ["a: ***."]]);
  });

  test("tells what was held back when the step is done, or the solve", () => {
    const masked = new MaskedStatus(secretsOf("hunter22"));
    assert.deepEqual(textsOf(masked.mask(status({ logs: [log("a", "a hunt"), log("b", "b hunter2")] }))), [
      "a: a ",
      "b: b ",
    ]);
    const done = status({ vertexes: [{ digest: "a", completed: { seconds: 1n, nanos: 0 } }] });
    assert.deepEqual(textsOf(masked.mask(done)), ["a: hunt"]);
    const rest = masked.rest();
    assert.ok(rest);
    assert.deepEqual(textsOf(rest), ["b: hunter2"]);
    assert.equal(masked.rest(), undefined);
  });

  test("is not held back without limit", () => {
    const masked = new MaskedStatus(secretsOf("hunter22"));
    const logs = Array.from({ length: 1_001 }, (_, index) => log(`v${index}`, "hunt"));
    assert.deepEqual(textsOf(masked.mask(status({ logs }))), ["v1000: hunt"]);
  });
});

describe("secret values", () => {
  const patternsOf = (secrets: SecretValues): string[] =>
    secrets.patterns.map(({ bytes }) => Buffer.from(bytes).toString());

  test("are masked without the line end of their file, and by their longer lines", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n{\n-----END KEY-----\n";
    assert.deepEqual(patternsOf(secretsOf("token123\r\n", key)), [
      "token123",
      key.trimEnd(),
      "-----BEGIN KEY-----",
      "MIIEvQIBADANBgkq",
      "-----END KEY-----",
    ]);
  });

  test("that are too short to be secrets are left alone, and none is there twice", () => {
    assert.deepEqual(patternsOf(secretsOf("", "1", "yes", "true", "true\n")), ["true"]);
  });

  test("are bytes, not text", () => {
    const secrets = new SecretValues();
    secrets.add(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    const told = new MaskedStatus(secrets).mask(
      status({ logs: [{ vertex: "a", stream: 1n, msg: Buffer.from([0x41, 0xff, 0xfe, 0x00, 0x80, 0x42]) }] }),
    );
    assert.deepEqual(textsOf(told), ["a: A***B"]);
  });

  test("have a limit, which is told", () => {
    const secrets = new SecretValues();
    const large = (letter: string): Buffer => Buffer.alloc(500 * 1024, letter);
    const added = Array.from("abcdefghij", (letter) => secrets.add(large(letter)));
    assert.deepEqual(added, [true, true, true, true, true, true, true, true, false, false]);
  });
});
