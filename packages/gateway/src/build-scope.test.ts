import assert from "node:assert/strict";
import { test } from "node:test";

import { isProblem } from "@opendepot/base";

import { BuildScopes } from "./build-scope.ts";
import { type GatewayLimits, resolveGatewayOptions } from "./options.ts";

const never = new AbortController().signal;
const one = { buildId: "b1", builderId: "p1" };
const other = { buildId: "b2", builderId: "p1" };

function scopesWith(limits: Partial<GatewayLimits> = {}): BuildScopes {
  const unused = undefined as never;
  return new BuildScopes(resolveGatewayOptions({ authority: unused, host: unused, limits }).limits);
}

test("a name belongs to the build that used it first, on that engine", async () => {
  const scopes = scopesWith();
  const [mine, theirs] = [scopes.of(one, never), scopes.of(other, never)];

  assert.equal(mine.claim("ref", "r1"), true);
  assert.equal(mine.claim("ref", "r1"), true);
  assert.equal(theirs.claim("ref", "r1"), false);
  assert.equal(theirs.claim("session", "r1"), true, "sessions and refs are different names");
  assert.equal(scopes.of({ ...other, builderId: "p2" }, never).claim("ref", "r1"), true, "another engine");
  assert.equal(await mine.owns("ref", "r1", never), true);
  assert.equal(await theirs.owns("ref", "r1", never), false);
});

test("all connections of a build share its names", async () => {
  const scopes = scopesWith();

  scopes.of(one, never).claim("ref", "r1");

  assert.equal(await scopes.of(one, never).owns("ref", "r1", never), true);
});

test("a call that is faster than the solve it names waits for it", async () => {
  const scope = scopesWith().of(one, never);

  const waiting = scope.owns("ref", "r1", never);
  scope.claim("ref", "r0");
  scope.claim("ref", "r1");

  assert.equal(await waiting, true);
});

test("a name that never turns up, or turns up elsewhere, is not waited for longer than the limit", async () => {
  const scopes = scopesWith({ claimTimeoutMs: 20 });

  const waiting = scopes.of(one, never).owns("ref", "r1", never);
  scopes.of(other, never).claim("ref", "r1");

  assert.equal(await waiting, false);
});

test("waiting ends when the caller leaves", async () => {
  const leaving = new AbortController();
  const scope = scopesWith({ claimTimeoutMs: 60_000 }).of(one, never);

  const waiting = scope.owns("ref", "r1", leaving.signal);
  leaving.abort();

  assert.equal(await waiting, false);
});

test("a build that has ended is forgotten with its names", () => {
  const scopes = scopesWith();
  const ending = new AbortController();
  const mine = scopes.of(one, ending.signal);
  mine.claim("ref", "r1");

  ending.abort();

  assert.equal(scopes.of(other, never).claim("ref", "r1"), true);
  assert.notEqual(scopes.of(one, never), mine);
});

test("a build that has ended claims nothing any more", () => {
  const scopes = scopesWith();
  const ending = new AbortController();
  const mine = scopes.of(one, ending.signal);

  ending.abort();

  assert.equal(mine.claim("ref", "r1"), false);
  assert.equal(scopes.of(other, never).claim("ref", "r1"), true);
});

test("calls, connections and sessions are counted until they leave", () => {
  const scope = scopesWith({ maxCallsPerBuild: 1 }).of(one, never);

  const first = scope.enter("call");
  assert.throws(
    () => scope.enter("call"),
    (error) => isProblem(error, "limit_exceeded"),
  );
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  scope.enter("call");

  assert.throws(
    () => scope.enter("call"),
    (error) => isProblem(error, "limit_exceeded"),
  );
});

test("held bytes have a limit", () => {
  const scope = scopesWith({ maxHeldBytesPerBuild: 10 }).of(one, never);

  scope.take(8);
  assert.throws(
    () => scope.take(3),
    (error) => isProblem(error, "limit_exceeded"),
  );
  scope.give(8);
  scope.take(10);
});

test("work in turn never overlaps, and one failure does not stop the next", async () => {
  const scope = scopesWith().of(one, never);
  let running = 0;
  const work = async (): Promise<number> => {
    running++;
    await new Promise(setImmediate);
    return running--;
  };

  const failed = assert.rejects(
    scope.inTurn(() => Promise.reject(new Error("broken"))),
    /broken/,
  );
  const results = await Promise.all([scope.inTurn(work), scope.inTurn(work), scope.inTurn(work)]);

  await failed;
  assert.deepEqual(results, [1, 1, 1]);
});
