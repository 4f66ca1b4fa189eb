import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLint, type LintFailOn, lintLevelOf } from "./lint-level.ts";
import { readLintResult } from "./lint-result.ts";

function found(...ruleNames: readonly string[]): ReturnType<typeof readLintResult> {
  return readLintResult(JSON.stringify({ warnings: ruleNames.map((ruleName) => ({ ruleName })) }));
}

function failures(ruleName: string): LintFailOn[] {
  const levels: readonly LintFailOn[] = ["error", "warn", "info", "none"];
  return levels.filter((failOn) => {
    try {
      checkLint(found(ruleName), failOn);
      return false;
    } catch {
      return true;
    }
  });
}

test("linting fails from the level on that was asked for", () => {
  assert.deepEqual(failures("UndefinedArgInFrom"), ["error", "warn", "info"]);
  assert.deepEqual(failures("SecretsUsedInArgOrEnv"), ["warn", "info"]);
  assert.deepEqual(failures("StageNameCasing"), ["info"]);
  assert.doesNotThrow(() => checkLint(found(), "info"));
});

test("a rule that is not known warns, whatever its name", () => {
  assert.equal(lintLevelOf("YoungerRule"), "warn");
  assert.equal(lintLevelOf("constructor"), "warn");
});

test("a Dockerfile that cannot be built is an error", () => {
  const broken = readLintResult(JSON.stringify({ buildError: { message: "no" } }));
  assert.throws(() => checkLint(broken, "error"), { code: "linting_failed", message: "linting failed" });
});
