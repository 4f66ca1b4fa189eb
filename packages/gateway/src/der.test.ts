import assert from "node:assert/strict";
import { test } from "node:test";

import { bitString, integer, octetString, oid, sequence, time } from "./der.ts";

const hex = (bytes: Buffer): string => bytes.toString("hex");

test("lengths have one byte up to 127, and then as many as they need", () => {
  assert.equal(hex(octetString(Buffer.alloc(127)).subarray(0, 2)), "047f");
  assert.equal(hex(octetString(Buffer.alloc(128)).subarray(0, 3)), "048180");
  assert.equal(hex(octetString(Buffer.alloc(256)).subarray(0, 4)), "04820100");
  assert.throws(() => octetString(Buffer.alloc(65_536)), RangeError);
});

test("object identifiers have their first two numbers in one byte, and long ones in several", () => {
  assert.equal(hex(oid("2.5.29.17")), "0603551d11");
  assert.equal(hex(oid("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
});

test("times have two digits for the year up to 2049, and then four", () => {
  assert.equal(time(new Date("2049-12-31T23:59:59.999Z")).subarray(2).toString(), "491231235959Z");
  assert.equal(time(new Date("2050-01-01T00:00:00Z")).subarray(2).toString(), "20500101000000Z");
});

test("elements hold elements", () => {
  assert.equal(hex(sequence(integer(Buffer.from([5])), bitString(Buffer.from([0x80]), 7))), "30070201050302" + "0780");
});
