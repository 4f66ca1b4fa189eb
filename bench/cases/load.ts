import { copyFileSync, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { startDockerd, type TestDockerd, testBaseImage } from "@opendepot/testing";
import { type Contender, runInterleaved, runOnce } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";

/** How large the image is. */
export interface LoadSizes {
  readonly imageBytes: number;
  /** Of the last layer, which changes. */
  readonly changedBytes: number;
}

const NAMED = ["buildx", "direct", "served"] as const;
const LAYERS = 10;

/**
 * P3: an image loaded into a Docker on this machine, which has all of it; all but its last layer; none of it. Its steps
 * are cached in the engine, so that what is measured is the way from there into Docker; in the last case the engine has
 * never exported them.
 */
export async function* benchLoad(world: World, rounds: number, sizes: LoadSizes): AsyncGenerator<Row[]> {
  await using dockerd = await startDockerd({ store: "containerd" });
  const folder = join(world.folder, "image");
  await writeImage(folder, sizes);
  let edits = 0;
  const edit = async (): Promise<void> =>
    await writeNoise(join(folder, "last.bin"), sizes.changedBytes, 1_000 + edits++);
  const contenders = (prepare?: () => Promise<void>): Contender[] =>
    NAMED.map((name): Contender => {
      const contender = world.contender(name, ["--load", "--tag", `bench/${name}`, folder]);
      const env = { ...contender.env, DOCKER_HOST: dockerd.host };
      return { ...contender, env, ...(prepare ? { prepare } : {}) };
    });
  const size = `${Math.round(sizes.imageBytes / 1024 ** 2)} MiB`;
  const measure = async (work: string, wall: number, prepare?: () => Promise<void>): Promise<Row[]> => {
    const costs = await runInterleaved(contenders(prepare), rounds);
    return rowsAgainst({ name: "P3", work, peer: NAMES.buildx, wall }, costs);
  };
  await runInterleaved(contenders(), 1); // the engine makes each contender's form of the layers once

  yield await measure(`--load of ${size}, unchanged`, 0.04);
  yield await measure(`--load of ${size}, ${Math.round(sizes.changedBytes / 1024 ** 2)} MiB changed`, 0.07, edit);
  yield await measure(`--load of ${size}, first`, 0.7, async () => {
    await removeImages(dockerd);
    for await (const _ of world.engine.prune({ all: true }));
    await runOnce(world.contender("direct", [folder]));
  });
}

/** Layers of which half can be compressed, as those of programs can. */
export async function writeImage(folder: string, { imageBytes, changedBytes }: LoadSizes): Promise<void> {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(await testBaseImage(), "busybox"), join(folder, "busybox"));
  const lines = ["FROM scratch", "COPY busybox /bin/busybox"];
  for (let layer = 0; layer < LAYERS; layer++) {
    await writeNoise(join(folder, `layer-${layer}.bin`), Math.floor(imageBytes / LAYERS), layer);
    lines.push(`COPY layer-${layer}.bin /`);
  }
  await writeNoise(join(folder, "last.bin"), changedBytes, 999);
  writeFileSync(join(folder, "Dockerfile"), `${[...lines, "COPY last.bin /"].join("\n")}\n`);
}

/** A file that cannot be compressed well, the same for the same seed. */
export async function writeNoise(path: string, bytes: number, seed: number): Promise<void> {
  await pipeline(Readable.from(halfNoise(bytes, seed)), createWriteStream(path));
}

/** Two kilobytes that do not compress, then two that do, and so on; the same for the same seed. */
function* halfNoise(size: number, seed: number): Generator<Buffer> {
  let state = (seed + 1) >>> 0;
  for (let left = size; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, 1024 * 1024));
    for (let at = 0; at + 4 <= chunk.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      if ((at & 4095) < 2048) chunk.writeUInt32LE(state, at);
    }
    left -= chunk.length;
    yield chunk;
  }
}

/** Empties a Docker. */
export async function removeImages(dockerd: TestDockerd): Promise<void> {
  const options = { signal: AbortSignal.timeout(120_000) };
  const { stdout } = await dockerd.docker(["images", "--quiet"], options);
  const ids = [...new Set(stdout.split("\n").filter(Boolean))];
  if (ids.length > 0) await dockerd.docker(["rmi", "--force", ...ids], options);
  const pruned = await dockerd.docker(["system", "prune", "--all", "--force"], options);
  if (pruned.code !== 0) throw new Error(`Docker keeps its images:\n${pruned.stderr}`);
}
