import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { isProblem, Problem } from "./problem.ts";
import { Secret } from "./secret.ts";

test("a problem is recognised by its code, and other errors are not problems", () => {
  const problem = new Problem("no_bread", "no bread is left", { hint: "bake some" });

  assert(isProblem(problem) && isProblem(problem, "no_bread"));
  assert(!isProblem(problem, "no_butter") && !isProblem(new Error("no bread")) && !isProblem(null));
  assert.equal(problem.hint, "bake some");
});

test("a secret shows itself to nobody who does not ask for it by name", () => {
  const secret = new Secret("hunter2");

  for (const shown of [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret })]) {
    assert.doesNotMatch(shown, /hunter2/);
    assert.match(shown, /redacted/);
  }
  assert.equal(secret.reveal(), "hunter2");
});
