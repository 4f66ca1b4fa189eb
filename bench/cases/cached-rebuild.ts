import { medianCost, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";

const WORK = "cached rebuild, no output";

/** P1: a rebuild of which every step is cached; P6: what the server adds to it for the same client. */
export async function benchCachedRebuild(world: World, rounds: number): Promise<Row[]> {
  const names = ["buildx", "direct", "served", "hosted"] as const;
  const contenders = names.map((name) => world.contender(name, world.hello));
  await runInterleaved(contenders, 1); // everybody's first time is not what is asked
  const costs = await runInterleaved(contenders, rounds);
  const pick = (...wanted: string[]): typeof costs => new Map([...costs].filter(([name]) => wanted.includes(name)));

  const direct = medianCost(costs.get(NAMES.direct) ?? []);
  const served = medianCost(costs.get(NAMES.served) ?? []);
  const tax: Row = {
    goal: "P6",
    work: WORK,
    contender: NAMES.served,
    cost: served,
    rounds,
    against: { peer: NAMES.direct, measure: "difference in ms", value: (served.wall - direct.wall) * 1000, limit: 40 },
  };
  return [
    ...rowsAgainst(
      { name: "P1", work: WORK, peer: NAMES.buildx, wall: 1 },
      pick(NAMES.buildx, NAMES.direct, NAMES.served),
    ),
    ...rowsAgainst({ name: "P1", work: WORK, peer: NAMES.hosted, wall: 0.8 }, pick(NAMES.hosted, NAMES.served)),
    tax,
  ];
}
