// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes templates so
import assert from "node:assert/strict";
import { test } from "node:test";
import { valuesEqual } from "./cty/index.ts";
import { parseHcl, parseHclExpression, parseHclTemplate, parseJsonHcl } from "./file.ts";
import { scanTokens } from "./syntax/lexer.ts";
import { pick, seededRandom } from "./testing/random.ts";
import { sampleContext } from "./testing/sample-context.ts";

type Random = () => number;

const PIECES = (
  'a name list "x" "${ ${ %{ } ~} { } ( ) [ ] , . ... = == => ? : :: + - * / % ! && || < > # // /* */ <<A <<-A A for in ' +
  "if else endif endfor true null $${ \\n \\q \\u12 é 👍🏽 ' ; ` 1 1.5e3 0x \u0000 \ufeff object.x map[ .* [*] upper( try("
).split(" ");

function soup(random: Random, length: number): string {
  return Array.from({ length }, () => pick(random, PIECES) + pick(random, ["", " ", "\n"])).join("");
}

test("any text is scanned, parsed and evaluated without a crash", () => {
  const random = seededRandom(1);
  const context = sampleContext();
  for (let round = 0; round < 1000; round++) {
    const source = soup(random, 1 + Math.floor(random() * 20));
    for (const parse of [parseHclExpression, parseHclTemplate]) {
      const { expression } = parse(source, { filename: "f.hcl" });
      expression.evaluate(context);
      expression.variables();
      expression.functionCalls();
    }
    for (const { body } of [parseHcl(source, "f.hcl"), parseJsonHcl(source, "f.json")]) {
      for (const { expression } of body.justAttributes().attributes.values()) expression.evaluate(context);
    }
  }
});

test("any bytes are scanned to their end", () => {
  const random = seededRandom(2);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)));

    const tokens = scanTokens(bytes, { filename: "f.hcl" });

    assert.equal(tokens[tokens.length - 1]?.end.byte, bytes.length);
  }
});

/** The same value in both syntaxes. */
function sample(random: Random, depth: number): { hcl: string; json: string } {
  const kind = depth === 0 ? 0 : Math.floor(random() * 3);
  if (kind === 0) {
    const text = pick(random, [
      "1",
      "-2.50",
      "1e3",
      "true",
      "null",
      '"a"',
      '"${name}-é"',
      '"$${x}"',
      '"%{ if truth }y%{ endif }"',
      '"\\n\\u00e9"',
    ]);
    return { hcl: text, json: text };
  }
  const parts = Array.from({ length: Math.floor(random() * 4) }, () => sample(random, depth - 1));
  if (kind === 1) {
    return {
      hcl: `[${parts.map(({ hcl }) => hcl).join(", ")}]`,
      json: `[${parts.map(({ json }) => json).join(", ")}]`,
    };
  }
  return {
    hcl: `{${parts.map(({ hcl }, at) => `"k${at}-\${name}" = ${hcl}`).join(", ")}}`,
    json: `{${parts.map(({ json }, at) => `"k${at}-\${name}": ${json}`).join(", ")}}`,
  };
}

test("HCL and its JSON form agree", () => {
  const random = seededRandom(3);
  const context = sampleContext();
  for (let round = 0; round < 500; round++) {
    const { hcl, json } = sample(random, 3);

    const [native, other] = [parseHcl(`a = ${hcl}\n`, "f.hcl"), parseJsonHcl(`{"a": ${json}}`, "f.json")].map(
      (file) => {
        assert.deepEqual(file.diagnostics, []);
        const result = file.body.justAttributes().attributes.get("a")?.expression.evaluate(context);
        assert.deepEqual(result?.diagnostics, []);
        return result?.value;
      },
    );

    assert.ok(native !== undefined && other !== undefined);
    assert.ok(valuesEqual(native, other), `${hcl} and ${json}`);
  }
});
