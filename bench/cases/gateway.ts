import { join } from "node:path";
import { runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { writeBigFile } from "./trees.ts";

/**
 * What the gateway adds to one large file from the same client. Both ways end in the engine, whose own time for the same
 * work varies by half on two shared cores: it takes many pairs to tell.
 */
export async function benchGateway(world: World, rounds: number, bytes: number): Promise<Row[]> {
  const folder = join(world.folder, "gateway");
  await writeBigFile(folder, bytes);
  const prepare = async (): Promise<void> => {
    for await (const _ of world.engine.prune({ all: true }));
  };
  const contenders = (["direct", "served"] as const).map((name) => ({ ...world.contender(name, [folder]), prepare }));
  const costs = await runInterleaved(contenders, rounds);
  const work = `${Math.round(bytes / 1024 ** 2)} MiB through the gateway`;
  return rowsAgainst({ name: "gateway", work, peer: NAMES.direct, wall: 1.6 }, costs);
}
