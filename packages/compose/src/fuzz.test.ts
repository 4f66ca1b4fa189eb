// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how compose files write variables
import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { loadComposeProject, parseDotenv } from "./index.ts";
import { MemoryFiles } from "./testing/memory-files.ts";
import { readPrintCases } from "./testing/print-cases.ts";
import type { ComposeValue } from "./value.ts";
import { readDocuments } from "./yaml/read-documents.ts";

const cases = readPrintCases(new URL("./testdata/print-cases.txt", import.meta.url));

/** Pseudo-random numbers that are the same in every run: mulberry32. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }
}

const PIECES: readonly [string, ...string[]] = [
  ..."\t|:|-|?|#|'|\"|{|}|[|]|,|&a |*a|!reset |!override |!!int |<<: |>|%|@|`|\\|$|\n|~|1|é|😀|\r\n".split("|"),
  ..."${A|${A:-|}|$$|---\n|...\n|null|true|1.5|- |  |: |2024-01-31".split("|"),
] as unknown as [string, ...string[]];

function mutate(text: string, dice: Dice): string {
  let mutated = text;
  for (let count = 1 + dice.below(4); count > 0; count -= 1) {
    const at = dice.below(mutated.length + 1);
    const removed = dice.below(3) === 0 ? dice.below(12) : 0;
    mutated = mutated.slice(0, at) + (dice.below(4) === 0 ? "" : dice.pick(PIECES)) + mutated.slice(at + removed);
  }
  return mutated;
}

test("whatever a file says, loading it ends in a project or in a problem", () => {
  const dice = new Dice(20_240_131);
  for (let round = 0; round < 1_500; round += 1) {
    const input = cases[dice.below(cases.length)];
    if (input === undefined) continue;
    const files = Object.fromEntries(Object.entries(input.files).map(([path, text]) => [path, mutate(text, dice)]));
    const composeFiles = input.composeFiles.map((name) => ({ name, content: files[name] ?? "" }));
    const environment = new Map(Object.entries(input.environment));

    try {
      loadComposeProject(composeFiles, { environment, workingDir: "/work", ...new MemoryFiles(files) });
    } catch (error) {
      assert.ok(isProblem(error), `round ${round}: ${JSON.stringify(files)}: ${String(error)}`);
    }
  }
});

test("whatever an environment file says, reading it ends in variables or in a problem", () => {
  const dice = new Dice(7);
  for (let round = 0; round < 1_500; round += 1) {
    const text = mutate("A=1\nexport B='x y'\nC=\"${A:-z}\\n\" # end\nD: 4\n", dice);

    try {
      parseDotenv(text);
    } catch (error) {
      assert.ok(isProblem(error, "dotenv_syntax"), `round ${round}: ${JSON.stringify(text)}: ${String(error)}`);
    }
  }
});

test("what is written as JSON is read back as it was", () => {
  const dice = new Dice(99);
  for (let round = 0; round < 300; round += 1) {
    const value = randomValue(dice, 4);

    const [document] = [...readDocuments(`a: ${JSON.stringify(toJson(value))}`)];

    assert.deepEqual(document?.value, new Map([["a", value]]));
  }
});

function randomValue(dice: Dice, depth: number): ComposeValue {
  const size = dice.below(4);
  switch (dice.below(depth === 0 ? 4 : 6)) {
    case 0:
      return BigInt(dice.below(1000));
    case 1:
      return dice.below(2) === 0;
    case 2:
      return dice.below(1000) + 0.5;
    case 3:
      return Array.from({ length: size }, () => dice.pick(PIECES)).join("");
    case 4:
      return Array.from({ length: size }, () => randomValue(dice, depth - 1));
    default:
      return new Map(Array.from({ length: size }, (_, index) => [`k${index}`, randomValue(dice, depth - 1)]));
  }
}

function toJson(value: ComposeValue): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, toJson(item)]));
  return typeof value === "bigint" ? Number(value) : value;
}
