import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { medianCost, runInterleaved } from "../measure.ts";
import type { Row } from "../report.ts";
import { NAMES, type World } from "../world.ts";

const KILOBYTES = [1, 5, 10, 30] as const;
/** What a start of Node may cost more than one of a Go program. */
const LIMIT_MS = 60;

/** P9: `bake --print` of definitions of several sizes. */
export async function* benchBakePrint(world: World, rounds: number): AsyncGenerator<Row[]> {
  for (const size of KILOBYTES) {
    const folder = join(world.folder, `print-${size}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "docker-bake.hcl"), definition(size * 1024));
    const names = ["buildx", "direct"] as const;
    const contenders = names.map((name) => world.baker(name, ["--print"], folder));
    await runInterleaved(contenders, 1);
    const costs = await runInterleaved(contenders, rounds);
    const work = `bake --print of ${size} KB`;
    const [peer, own] = [medianCost(costs.get(NAMES.buildx) ?? []), medianCost(costs.get(NAMES.direct) ?? [])];
    const difference = { peer: NAMES.buildx, measure: "difference in ms", value: (own.wall - peer.wall) * 1000 };
    yield [
      { goal: "P9", work, contender: NAMES.buildx, cost: peer, rounds },
      { goal: "P9", work, contender: NAMES.direct, cost: own, rounds, against: { ...difference, limit: LIMIT_MS } },
    ];
  }
}

const HEAD = `variable "TAG" { default = "latest" }
variable "REGISTRY" { default = "example.org" }
function "image" {
  params = [name]
  result = "\${REGISTRY}/\${name}:\${TAG}"
}
target "common" {
  labels    = { version = TAG }
  platforms = ["linux/amd64", "linux/arm64"]
}
group "default" { targets = [for n in range(COUNT) : "service-\${n}"] }
`;

/** A definition as people have them, of about `bytes` bytes: variables, a function, inheritance, templates. */
function definition(bytes: number): string {
  let [text, count] = ["", 0];
  while (count === 0 || HEAD.length + text.length < bytes) {
    text += `target "service-${count}" {
  inherits = ["common"]
  context  = "./services/service-${count}"
  args     = { NAME = upper("service-${count}"), FLAGS = join(",", ["a", "b", TAG]) }
  tags     = [image("service-${count}"), "\${REGISTRY}/service-${count}:\${replace(TAG, ".", "-")}"]
}
`;
    count++;
  }
  return HEAD.replace("COUNT", String(count)) + text;
}
