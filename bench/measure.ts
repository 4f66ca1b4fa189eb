import { spawn } from "node:child_process";

/** What one run of a command cost. Seconds. */
export interface Cost {
  readonly wall: number;
  /** User and system time of the command and the children it waited for. */
  readonly cpu: number;
}

/** A command under measurement. */
export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Runs before each round, unmeasured; it may change `argv`. */
  readonly prepare?: () => Promise<void>;
}

/**
 * Runs a command once and reads its cost as the shell's `time` reports it.
 *
 * @throws {Error} with the command's output when it fails: a failed run has no cost
 */
export async function runOnce(contender: Contender): Promise<Cost> {
  await contender.prepare?.();
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env; // adds 45 ms to every Node start
  const script = 'TIMEFORMAT="cost %R %U %S"; time "$@"';
  const child = spawn("bash", ["-c", script, "bash", ...contender.argv], {
    cwd: contender.cwd,
    env: { ...inherited, ...contender.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const cost = /cost ([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(output);
  if (code !== 0 || !cost) throw new Error(`${contender.name} failed (exit code ${code}):\n${output}`);
  return { wall: Number(cost[1]), cpu: Number(cost[2]) + Number(cost[3]) };
}

/** All contenders in turn, round after round, so that a drift of the machine hits them alike. */
export async function runInterleaved(
  contenders: readonly Contender[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Cost[]>> {
  const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Every other round runs backwards: nobody always comes after the same neighbour.
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order) costs.get(contender.name)?.push(await runOnce(contender));
  }
  return costs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The medians of many runs. */
export function medianCost(costs: readonly Cost[]): Cost {
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) };
}
