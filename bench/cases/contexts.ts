import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { writeBigFile, writeManyFiles } from "./trees.ts";

/** How large the contexts are. */
export interface ContextSizes {
  readonly bigFileBytes: number;
  readonly files: number;
}

const NAMED = ["buildx", "direct", "served"] as const;

/** P2: contexts of one big file and of many small ones; all of it sent, one file changed, nothing changed. */
export async function* benchContexts(world: World, rounds: number, sizes: ContextSizes): AsyncGenerator<Row[]> {
  const big = join(world.folder, "big");
  const many = join(world.folder, "many");
  await writeBigFile(big, sizes.bigFileBytes);
  writeManyFiles(many, sizes.files);
  const empty = async (): Promise<void> => {
    for await (const _ of world.engine.prune({ all: true }));
  };
  const [changing] = globSync(`${many}/package-0/module-0/*.js`);
  let edits = 0;
  const edit = async (): Promise<void> => writeFileSync(changing ?? "", `// edit ${edits++}\n`);

  const measure = async (work: string, folder: string, prepare?: () => Promise<void>): Promise<Row[]> => {
    const contenders = NAMED.map((name): Contender => {
      const contender = world.contender(name, [folder]);
      return prepare ? { ...contender, prepare } : contender;
    });
    if (prepare !== empty) await runInterleaved(contenders, 1);
    const costs = await runInterleaved(contenders, rounds);
    return rowsAgainst({ name: "P2", work, peer: NAMES.buildx, wall: 0.9, cpu: 0.6 }, costs);
  };
  yield await measure(`context of one file of ${Math.round(sizes.bigFileBytes / 1024 ** 2)} MiB`, big, empty);
  yield await measure(`context of ${sizes.files} files`, many, empty);
  yield await measure(`one of ${sizes.files} files changed`, many, edit);
  yield await measure(`none of ${sizes.files} files changed`, many);
}
