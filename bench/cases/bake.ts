import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { writeManyFiles } from "./trees.ts";

const TARGETS = 8;

/** P8: a bake of eight targets that share a context of many small files, all of which has to be sent. */
export async function benchBake(world: World, rounds: number, files: number): Promise<Row[]> {
  const folder = join(world.folder, "baked");
  writeManyFiles(folder, files);
  writeFileSync(join(folder, "docker-bake.hcl"), definition());
  writeFileSync(join(folder, "Dockerfile.baked"), "FROM scratch\nARG WHO\nLABEL who=$WHO\nCOPY . /\n");
  const empty = async (): Promise<void> => {
    for await (const _ of world.engine.prune({ all: true }));
  };
  const names = ["buildx", "direct", "served"] as const;
  const contenders = names.map(
    (name): Contender => ({ ...world.baker(name, ["--progress", "plain"], folder), prepare: empty }),
  );
  const costs = await runInterleaved(contenders, rounds);
  const work = `bake of ${TARGETS} targets, one context of ${files} files`;
  return rowsAgainst({ name: "P8", work, peer: NAMES.buildx, wall: 0.9 }, costs);
}

function definition(): string {
  const targets = Array.from({ length: TARGETS }, (_, at) => `target-${at}`);
  const blocks = targets.map(
    (name) => `target "${name}" {
  dockerfile = "Dockerfile.baked"
  args       = { WHO = "${name}" }
  output     = ["type=cacheonly"]
}
`,
  );
  return `group "default" { targets = ${JSON.stringify(targets)} }\n${blocks.join("")}`;
}
