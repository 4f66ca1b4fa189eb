import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type ParityCase, parseCases, type RecordedRun } from "./case-file.ts";
import { runCase } from "./run-case.ts";

const FOLDER = join(import.meta.dirname, "../testdata");

interface Printed {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".cases"))) {
  suite(`what is printed of ${file} can be read again`, () => {
    const text = readFileSync(join(FOLDER, file.replace(/\.cases$/, ".recorded.json")), "utf8");
    const recorded = JSON.parse(text) as Record<string, RecordedRun>;
    const cases = parseCases(readFileSync(join(FOLDER, file), "utf8"));
    for (const parityCase of cases.filter(({ name }) => isReadable(recorded[name]))) {
      test(parityCase.name, async () => {
        const { stdout = "" } = recorded[parityCase.name] ?? {};
        const printed = JSON.parse(stdout) as Printed;
        const asked = printed.group["default"]?.targets ?? [];
        const fromJson = await printAgain(parityCase, asked, ["printed.json", stdout]);
        const fromHcl = await printAgain(parityCase, asked, ["printed.hcl", toHcl(printed)]);
        assert.deepEqual(fromJson.target, printed.target);
        assert.deepEqual(fromHcl, fromJson);
      });
    }
  });
}

/** Printed, with something to read: a policy and a context that looks like a template are printed so that they
 * cannot be read, and nulls say nothing. */
function isReadable(run: RecordedRun | undefined): boolean {
  return (
    run?.exitCode === 0 &&
    /"target": \{\n/.test(run.stdout) &&
    !/"Files"|"targets": null|"context": ".*[$%]\{/.test(run.stdout)
  );
}

async function printAgain(
  parityCase: ParityCase,
  asked: readonly string[],
  [name, text]: readonly [string, string],
): Promise<Printed> {
  const files = new Map(parityCase.files).set(name, text);
  const again = await runCase({ ...parityCase, files, environment: {}, args: ["-f", name, "--print", ...asked] });
  assert.equal(again.stderr, "");
  return JSON.parse(again.stdout) as Printed;
}

/** JSON values are expressions of HCL. */
function toHcl({ group, target }: Printed): string {
  const blocks = (type: string, named: Readonly<Record<string, object>>) =>
    Object.entries(named).map(([name, fields]) => {
      const attributes = Object.entries(fields).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}\n`);
      return `${type} "${name}" {\n${attributes.join("")}}\n`;
    });
  return [...blocks("group", group), ...blocks("target", target)].join("");
}
