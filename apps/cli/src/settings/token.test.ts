import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { resolveToken } from "./token.ts";

test("sources are asked in the hosted product's order", () => {
  const environment = { DEPOT_TOKEN: "2", DEPOT_API_TOKEN: "3", DEPOT_JIT_TOKEN: "5", DEPOT_CACHE_TOKEN: "6" };
  const sources = { flag: "1", environment, stored: { api_token: "4" } };
  const without = (...names: string[]): Record<string, string | undefined> =>
    Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));

  assert.equal(resolveToken(sources).reveal(), "1");
  assert.equal(resolveToken({ ...sources, flag: "" }).reveal(), "2");
  assert.equal(resolveToken({ environment: without("DEPOT_TOKEN"), stored: sources.stored }).reveal(), "3");
  assert.equal(
    resolveToken({ environment: without("DEPOT_TOKEN", "DEPOT_API_TOKEN"), stored: sources.stored }).reveal(),
    "4",
  );
  assert.equal(resolveToken({ environment: without("DEPOT_TOKEN", "DEPOT_API_TOKEN"), stored: {} }).reveal(), "5");
  assert.equal(resolveToken({ environment: { DEPOT_CACHE_TOKEN: "6" }, stored: {} }).reveal(), "6");
});

test("line breaks around a token are not part of it, and it never prints itself", () => {
  const token = resolveToken({ environment: { DEPOT_TOKEN: "secret\n" }, stored: {} });
  assert.equal(token.reveal(), "secret");
  assert.equal(`${token}`, "[redacted]");
});

test("no token at all says how to get one", () => {
  assert.throws(
    () => resolveToken({ environment: { DEPOT_TOKEN: "" }, stored: {} }),
    (error) => isProblem(error, "token_missing"),
  );
});
