import assert from "node:assert/strict";
import { constants, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { test } from "node:test";
import { capsuleValue, convert, numberValue, stringValue, tupleValue, type Value } from "../cty/index.ts";
import { bcryptHash } from "./crypto/bcrypt.ts";
import { createStandardLibrary, expressionClosureType, FunctionError } from "./index.ts";

const library = createStandardLibrary({
  now: () => Date.UTC(2024, 1, 29, 12, 30, 45, 678),
  homeDirectory: () => "/home/someone",
  randomBytes: (size) => Uint8Array.from({ length: size }, (_, at) => at),
});

function call(name: string, ...args: Value[]): Value {
  const found = library.get(name);
  assert.ok(found !== undefined, `no function ${name}`);
  return found.call(args);
}

test("the library has the 106 functions of bake", () => {
  assert.equal(library.size, 106);
});

test("time, home directory and randomness come from the environment", () => {
  assert.equal(call("timestamp").asString(), "2024-02-29T12:30:45Z");
  assert.equal(call("homedir").asString(), "/home/someone");
  assert.equal(call("uuidv4").asString(), "00010203-0405-4607-8809-0a0b0c0d0e0f");
  assert.match(call("bcrypt", stringValue("x"), numberValue(4)).asString(), /^\$2a\$04\$..CA\.uOD\/eaGAOmJB\.yMBu/);
});

test("bcrypt makes the hashes that Go makes with the same salt", () => {
  // The salt is in the 22 letters behind the cost.
  const hashes = [
    ["open depot", "$2a$05$QWXQ7ohYd.kggxnG6lYih.L9AAfHCAf9LhAMJEz9PO7bPQueQQ6Ma"],
    ["", "$2a$04$8EEOCgk4quMUleplZcAQI.9KTuDyBnLShyFb1epVhUfbiLG.xDTWu"],
    [
      "päß 😀 012345678901234567890123456789012345678901234567890123456789",
      "$2a$04$cP2K5kd9T9O5kN2PiCOb1e.zDTA/Mwx7UiEtoVr.//Z05mehCaEz6",
    ],
  ] as const;

  for (const [password, hash] of hashes) {
    const cost = Number(hash.slice(4, 6));
    assert.equal(bcryptHash(Buffer.from(password), decodeSalt(hash.slice(7, 29)), cost), hash);
  }
});

test("rsadecrypt opens what was encrypted for the key, and nothing else", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = stringValue(privateKey.export({ type: "pkcs1", format: "pem" }).toString());
  const sealed = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from("secret"));

  assert.equal(call("rsadecrypt", stringValue(sealed.toString("base64")), pem).asString(), "secret");
  sealed[5] = (sealed[5] ?? 0) ^ 1;
  assert.throws(() => call("rsadecrypt", stringValue(sealed.toString("base64")), pem), /crypto\/rsa: decryption error/);
});

test("rsadecrypt names the form of a key that is not PKCS #1", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = stringValue(privateKey.export({ type: "pkcs8", format: "pem" }).toString());

  assert.throws(() => call("rsadecrypt", stringValue("aGk="), pem), /use ParsePKCS8PrivateKey instead/);
});

test("try takes the first expression that succeeds and tells all faults when none does", () => {
  const failing = capsuleValue(expressionClosureType, {
    evaluate: () => ({ faults: [{ summary: "No", detail: "Never.", subject: "a.hcl:1,1-2" }] }),
  });
  const fine = capsuleValue(expressionClosureType, { evaluate: () => ({ value: numberValue(7) }) });

  assert.equal(call("try", failing, fine).asNumber().toNumber(), 7);
  assert.equal(call("can", failing).asBool(), false);
  assert.throws(
    () => call("try", failing, failing),
    /no expression succeeded:\n- No \(at a.hcl:1,1-2\)\n {2}Never\.\n- No/,
  );
});

test("functions that would fill the memory fail instead", () => {
  const many = convert(tupleValue(Array.from({ length: 1000 }, (_, at) => numberValue(at))), {
    kind: "list",
    element: { kind: "number" },
  });
  const long = stringValue("x".repeat(2 ** 20));

  assert.throws(() => call("setproduct", many, many, many), FunctionError);
  assert.throws(() => call("replace", long, stringValue("x"), long), FunctionError);
  assert.throws(() => call("jsondecode", stringValue("[".repeat(1_000_000))), /exceeded max depth/);
  assert.throws(() => call("format", stringValue("%9999999999d"), numberValue(1)), FunctionError);
});

test("a call with too few or too many arguments fails", () => {
  assert.throws(() => call("upper"), /wrong number of arguments \(1 required; 0 given\)/);
  assert.throws(() => call("join"), /wrong number of arguments \(at least 1 required; 0 given\)/);
});

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function decodeSalt(text: string): Uint8Array {
  const bits = Array.from(text, (letter) => alphabet.indexOf(letter).toString(2).padStart(6, "0")).join("");
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2));
}
