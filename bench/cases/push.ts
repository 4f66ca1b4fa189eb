import { join } from "node:path";
import { startRegistry } from "@opendepot/testing";
import { type Contender, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { type LoadSizes, writeImage } from "./load.ts";

const NAMED = ["buildx", "direct", "served"] as const;

/** The push of an image that the registry has already: nothing but questions crosses the wire. */
export async function benchPush(world: World, rounds: number, sizes: LoadSizes): Promise<Row[]> {
  await using registry = await startRegistry();
  const folder = join(world.folder, "pushed");
  await writeImage(folder, sizes);
  const contenders = NAMED.map((name): Contender => {
    const provenance = name === "buildx" ? ["--provenance=false"] : [];
    return world.contender(name, [...provenance, "--push", "--tag", `${registry.host}/bench/${name}:1`, folder]);
  });
  await runInterleaved(contenders, 1); // pushes it
  const costs = await runInterleaved(contenders, rounds);
  return rowsAgainst({ name: "push", work: "push of an unchanged image", peer: NAMES.buildx, wall: 1 }, costs);
}
