import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDockerd } from "@opendepot/testing";
import { type Contender, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { removeImages } from "./load.ts";
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

/**
 * P8: the same as services of a Compose file, whose images all go into a Docker on this machine: that is what
 * `docker compose build` does, on the same engine.
 */
export async function benchCompose(world: World, rounds: number, files: number): Promise<Row[]> {
  await using dockerd = await startDockerd({ store: "containerd" });
  const folder = join(world.folder, "composed");
  writeManyFiles(folder, files);
  writeFileSync(join(folder, "compose.yaml"), composeFile());
  writeFileSync(join(folder, "Dockerfile.baked"), "FROM scratch\nARG WHO\nLABEL who=$WHO\nCOPY . /\n");
  const prepare = async (): Promise<void> => {
    for await (const _ of world.engine.prune({ all: true }));
    await removeImages(dockerd);
  };
  const into = { DOCKER_HOST: dockerd.host };
  const bake = (name: "direct" | "served"): Contender =>
    world.baker(name, ["--progress", "plain", "-f", "compose.yaml", "--load"], folder);
  const compose = await world.composer(["--progress", "plain", "build"], { dockerd, cwd: folder });
  const contenders = [compose, bake("direct"), bake("served")].map(
    (contender): Contender => ({ ...contender, env: { ...contender.env, ...into }, prepare }),
  );
  const costs = await runInterleaved(contenders, rounds);
  const work = `${TARGETS} Compose services loaded into Docker, one context of ${files} files`;
  return rowsAgainst({ name: "P8", work, peer: NAMES.compose, wall: 0.4 }, costs);
}

function composeFile(): string {
  const services = targetNames().map(
    (name) => `  ${name}:
    image: bench/${name}
    build:
      context: .
      dockerfile: Dockerfile.baked
      args: { WHO: ${name} }
`,
  );
  return `services:\n${services.join("")}`;
}

function targetNames(): string[] {
  return Array.from({ length: TARGETS }, (_, at) => `target-${at}`);
}

function definition(): string {
  const targets = targetNames();
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
