import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfAddress } from "./addresses.ts";

const PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "172.32.0.1", "11.0.0.1"];
const INSIDE = [
  "127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "198.18.0.1",
  "::1",
  "fd12:3456::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "64:ff9b::7f00:1",
];
const NEVER = ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "::", "fe80::1", "224.0.0.1", "255.255.255.255"];

test("addresses are told apart: of the Internet, of the inside, and those that are nobody's registry", () => {
  for (const address of PUBLIC) assert.equal(kindOfAddress(address), "public", address);
  for (const address of INSIDE) assert.equal(kindOfAddress(address), "inside", address);
  for (const address of NEVER) assert.equal(kindOfAddress(address), "never", address);
  assert.equal(kindOfAddress("registry.example.com"), "never");
});
