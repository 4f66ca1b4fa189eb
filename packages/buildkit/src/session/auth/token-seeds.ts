import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@opendepot/base";

/** A seed is 16 random bytes, as BuildKit's own client makes them. */
const SEED_BYTES = 16;

/**
 * Random bytes of this client, one seed for each registry host, kept in `.token_seed` of docker's configuration
 * folder and shared with docker's own tools. They keep the engine from learning anything by choosing the salt.
 * BuildKit `session/auth/authprovider/tokenseed.go`.
 */
export class TokenSeeds {
  readonly #folder: string;
  readonly #seeds = new Map<string, Promise<Buffer>>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The same for as long as this object lives, even where nothing can be stored. */
  get(host: string): Promise<Buffer> {
    const known = this.#seeds.get(host);
    if (known) return known;
    const seed = this.#lastWrite.then(() => this.#readOrMake(host));
    this.#lastWrite = seed.catch(() => this.#seeds.delete(host));
    this.#seeds.set(host, seed);
    return seed;
  }

  async #readOrMake(host: string): Promise<Buffer> {
    const path = join(this.#folder, ".token_seed");
    const stored = await readSeeds(path);
    const known = stored[host]?.Seed;
    if (typeof known === "string" && known !== "") return Buffer.from(known, "base64");
    const seed = randomBytes(SEED_BYTES);
    stored[host] = { Seed: seed.toString("base64") };
    await storeSeeds(path, stored).catch(ignoreUnwritable);
    return seed;
  }
}

type Seeds = Record<string, { Seed?: unknown } | undefined>;

async function readSeeds(path: string): Promise<Seeds> {
  try {
    const seeds: unknown = JSON.parse(await readFile(path, "utf8"));
    return Object.assign(Object.create(null), seeds) as Seeds;
  } catch {
    return Object.create(null) as Seeds; // missing, unreadable or cut off: seeds are made anew
  }
}

async function storeSeeds(path: string, seeds: Seeds): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(temporary, JSON.stringify(seeds, undefined, "  "), { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

function ignoreUnwritable(error: unknown): void {
  if (!["EROFS", "EACCES", "EPERM", "ENOSPC"].includes(systemCodeOf(error) ?? "")) throw error;
}
