import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseKeyValues } from "./key-values.ts";

test("the last value of a key wins and values may hold anything", () => {
  assert.deepEqual(parseKeyValues(["a=1", "b=x=y,z", "a=2", "c="], { flag: "--label" }), { a: "2", b: "x=y,z", c: "" });
});

test("a key alone takes its value from the environment, and is left out when it is not there", () => {
  const fallback = { HOME: "/root", EMPTY: "" };
  assert.deepEqual(parseKeyValues(["HOME", "EMPTY", "NOPE"], { flag: "--build-arg", fallback }), {
    HOME: "/root",
    EMPTY: "",
  });
});

test("a key alone is empty where there is no fallback", () => {
  assert.deepEqual(parseKeyValues(["a"], { flag: "--label" }), { a: "" });
});

test("an unset key keeps what an earlier flag gave it", () => {
  assert.deepEqual(parseKeyValues(["NOPE=1", "NOPE"], { flag: "--build-arg", fallback: {} }), { NOPE: "1" });
});

test("an empty key is refused", () => {
  assert.throws(
    () => parseKeyValues(["=x"], { flag: "--label" }),
    (error) => isProblem(error, "flag_value_invalid"),
  );
  assert.throws(
    () => parseKeyValues([""], { flag: "--label" }),
    (error) => isProblem(error, "flag_value_invalid"),
  );
});

test("a key named like a property of objects is a key like any other", () => {
  assert.equal(parseKeyValues(["toString=1"], { flag: "--label" })["toString"], "1");
  assert.deepEqual(Object.keys(parseKeyValues(["__proto__=1"], { flag: "--label" })), ["__proto__"]);
});
