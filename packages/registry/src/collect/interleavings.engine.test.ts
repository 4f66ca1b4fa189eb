import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { MediaType } from "@opendepot/oci";
import { checkLeaks, startTestPostgres } from "@opendepot/testing";
import type { BlobStore } from "../blobs/blob-store.ts";
import { openFolderStore } from "../blobs/folder/folder-store.ts";
import { type Choices, choicesOf } from "../blobs/testing/random.ts";
import { openRegistryDatabase, type RegistryDatabase } from "../metadata/open-database.ts";
import { passTime } from "../testing/pass-time.ts";
import { findDamage, type Replica, startReplica } from "../testing/replica.ts";
import { digestOfJson, sha256, TestClient, type TestDescriptor } from "../testing/test-client.ts";

checkLeaks({ graceMs: 10_000 });

const KEEP_MS = 60 * 60_000;
const REPOSITORIES = ["one", "two"] as const;
const TAGS = ["a", "b", "c"] as const;
const PUSHERS = 4;
const STEPS = 14;
/** What it takes to see a push go wrong once it can: each seed is a different play. */
const SEEDS = [1, 2, 3, 4, 5, Math.floor(Math.random() * 1_000_000)];
/** Few and small, so that everybody is after the same ones. */
const LAYERS = Array.from({ length: 5 }, (_, at) => Buffer.from(`layer ${at} `.repeat(50 + at)));
const CONFIG = Buffer.from("{}");

/** Everything that the players of one seed share. */
class Stage implements AsyncDisposable {
  readonly choices: Choices;
  readonly log: string[] = [];
  readonly violations: string[] = [];
  readonly connectionString: string;
  readonly folder: string;
  readonly database: RegistryDatabase;
  readonly store: BlobStore;
  replicas: Replica[] = [];
  /** How much time has passed, by decree. */
  passedMs = 0;
  readonly #owned: AsyncDisposableStack;

  private constructor(parts: {
    choices: Choices;
    connectionString: string;
    folder: string;
    database: RegistryDatabase;
    store: BlobStore;
    owned: AsyncDisposableStack;
  }) {
    this.choices = parts.choices;
    this.connectionString = parts.connectionString;
    this.folder = parts.folder;
    this.database = parts.database;
    this.store = parts.store;
    this.#owned = parts.owned;
  }

  static async set(seed: number): Promise<Stage> {
    await using cleanup = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "od-play-"));
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    const { connectionString } = cleanup.use(await startTestPostgres());
    const database = cleanup.use(await openRegistryDatabase({ connectionString }));
    const store = cleanup.use(await openFolderStore({ folder }));
    const owned = cleanup.move();
    const stage = new Stage({ choices: choicesOf(seed), connectionString, folder, database, store, owned });
    stage.replicas = [await stage.open(), await stage.open()];
    return stage;
  }

  async open(): Promise<Replica> {
    const everything = new Set(["pull", "push", "delete"] as const);
    return await startReplica({
      connectionString: this.connectionString,
      folder: this.folder,
      choices: this.choices,
      access: { identify: async () => ({ id: "player" }), actions: async () => everything },
      limits: { keepMs: KEEP_MS },
    });
  }

  get replica(): Replica {
    const replica = this.choices.of(this.replicas);
    assert.ok(replica);
    return replica;
  }

  client(): TestClient {
    return new TestClient({ url: this.replica.url, username: "player", password: "" });
  }

  note(line: string): void {
    this.log.push(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const replica of this.replicas) await replica[Symbol.asyncDispose]();
    await this.#owned.disposeAsync();
  }
}

/** Pushes as clients do: looks first, sends what is missing, then the manifest; the answer decides what it believes. */
async function push(stage: Stage, name: string): Promise<void> {
  const { choices } = stage;
  const client = stage.client();
  const repository = choices.of(REPOSITORIES) ?? "one";
  const startedAt = stage.passedMs;
  const layers = LAYERS.filter(() => choices.below(2) === 0);
  const blobs: TestDescriptor[] = [];
  for (const bytes of [CONFIG, ...layers]) blobs.push(await bring(stage, client, repository, bytes));
  if (choices.below(2) === 0) await dawdle(stage, name);
  const [config, ...rest] = blobs;
  const image = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: rest };
  let [manifest, type]: [object, string] = [image, MediaType.ociManifest];
  if (choices.below(3) === 0) {
    await put(stage, client, { repository, reference: digestOfJson(image), manifest: image, type, startedAt });
    const child = { mediaType: type, digest: digestOfJson(image), size: JSON.stringify(image).length };
    [manifest, type] = [{ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [child] }, MediaType.ociIndex];
  }
  const reference = choices.below(4) === 0 ? digestOfJson(manifest) : (choices.of(TAGS) ?? "a");
  await put(stage, client, { repository, reference, manifest, type, startedAt });
  stage.note(`${name} pushed ${repository}:${reference}`);
}

/** Takes its time, in which what it was told to be here could be collected. */
async function dawdle(stage: Stage, name: string): Promise<void> {
  await pass(stage, KEEP_MS / 3);
  await collect(stage, name);
}

async function bring(stage: Stage, client: TestClient, repository: string, bytes: Buffer): Promise<TestDescriptor> {
  const digest = sha256(bytes);
  const descriptor = { mediaType: MediaType.ociLayer, digest, size: bytes.length };
  if ((await client.send("HEAD", `/v2/${repository}/blobs/${digest}`)).status === 200) return descriptor;
  const from = stage.choices.below(2) === 0 ? `&from=${stage.choices.of(REPOSITORIES)}` : "";
  const started = await client.send("POST", `/v2/${repository}/blobs/uploads/?mount=${digest}${from}`);
  if (started.status === 201) return descriptor;
  const location = started.headers.get("location") ?? "";
  const half = Math.floor(bytes.length / 2);
  await client.send("PATCH", location, { body: bytes.subarray(0, half) });
  const put = await client.send("PUT", `${location}?digest=${digest}`, { body: bytes.subarray(half) });
  if (put.status !== 201) throw new Error(`upload of ${digest}: ${put.status} ${put.body.toString()}`);
  return descriptor;
}

interface Put {
  readonly repository: string;
  readonly reference: string;
  readonly manifest: object;
  readonly type: string;
  readonly startedAt: number;
}

/** Once a client was told that everything is here, and within the time of that promise, it is here. */
async function put(
  stage: Stage,
  client: TestClient,
  { repository, reference, manifest, type, startedAt }: Put,
): Promise<void> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const answer = await client.send("PUT", path, { body: JSON.stringify(manifest), headers: { "content-type": type } });
  if (answer.status === 201) return;
  const isPromised = stage.passedMs - startedAt < KEEP_MS;
  if (isPromised && answer.code === "MANIFEST_BLOB_UNKNOWN")
    stage.violations.push(`a push lost what it needed: ${answer.body.toString()}`);
  throw new Error(`manifest: ${answer.status}`);
}

type Deed = (stage: Stage, name: string) => Promise<void>;

const deleteSomething: Deed = async (stage, name) => {
  const repository = stage.choices.of(REPOSITORIES) ?? "one";
  const client = stage.client();
  const tag = stage.choices.of(TAGS) ?? "a";
  const head = await client.send("HEAD", `/v2/${repository}/manifests/${tag}`);
  const reference = stage.choices.below(4) === 0 ? tag : (head.headers.get("docker-content-digest") ?? tag);
  await client.send("DELETE", `/v2/${repository}/manifests/${reference}`);
  stage.note(`${name} deleted ${repository}:${reference}`);
};

const expireSomething: Deed = async (stage, name) => {
  const repository = stage.choices.of(REPOSITORIES) ?? "one";
  const ended = new Date(Date.now() - 60_000);
  await stage.replica.registry.images.expireTag(repository, stage.choices.of(TAGS) ?? "a", ended);
  stage.note(`${name} expired a tag of ${repository}`);
};

/** By what is left of most promises, or by more than any of them lasts. */
const letTimePass: Deed = async (stage) => {
  await pass(stage, stage.choices.below(8) === 0 ? 2 * KEEP_MS : KEEP_MS / 3);
};

async function pass(stage: Stage, ms: number): Promise<void> {
  stage.passedMs += ms;
  await passTime(stage.database.query, ms);
  stage.note(`${ms} ms passed`);
}

const collect: Deed = async (stage, name) => {
  const report = await stage.replica.registry.collect({ orphanAgeMs: -KEEP_MS });
  stage.note(`${name} collected ${JSON.stringify(report)}`);
};

const crash: Deed = async (stage, name) => {
  const at = stage.choices.below(stage.replicas.length);
  const dying = stage.replicas[at];
  stage.replicas[at] = await stage.open();
  await dying?.crash();
  stage.note(`${name} crashed a replica`);
};

const audit: Deed = async (stage) => {
  stage.violations.push(...(await findDamage(stage.database.query, stage.store)));
};

/** A player that goes through its deeds one after the other; what fails in a crash is no matter. */
async function play(stage: Stage, name: string, deeds: readonly Deed[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const deed = stage.choices.of(deeds) ?? audit;
    try {
      await deed(stage, name);
    } catch (error) {
      stage.note(`${name} failed: ${error instanceof Error ? error.message : error}`);
    }
  }
}

suite("any interleaving of push, tag, delete, expire, collect and crash", () => {
  for (const seed of SEEDS) {
    test(`seed ${seed}`, { timeout: 5 * 60_000 }, async (context) => {
      await using stage = await Stage.set(seed);
      const record = (): string => `seed ${seed}\n${stage.log.join("\n")}`;

      const pushers = Array.from({ length: PUSHERS }, (_, at) => play(stage, `pusher ${at}`, [push]));
      const others = [
        play(stage, "remover", [deleteSomething, deleteSomething, deleteSomething, expireSomething, letTimePass]),
        play(stage, "collector 0", [collect]),
        play(stage, "collector 1", [collect, audit]),
        play(stage, "fate", [crash, audit, audit, audit]),
      ];
      await Promise.all([...pushers, ...others]);

      assert.deepEqual(stage.violations, [], record());
      assert.deepEqual(await findDamage(stage.database.query, stage.store), [], record());
      await assertServesAll(stage, record);
      await assertNothingLeft(stage, record);
      context.diagnostic(`${stage.log.filter((line) => line.includes("pushed")).length} pushes succeeded`);
    });
  }
});

/** Whatever has a tag can be pulled, byte for byte. */
async function assertServesAll(stage: Stage, record: () => string): Promise<void> {
  const client = stage.client();
  for (const repository of REPOSITORIES) {
    for (const { tag } of (await stage.replica.registry.images.list(repository)).images)
      await assertPulls(client, { repository, reference: tag, record });
  }
}

async function assertPulls(
  client: TestClient,
  image: { readonly repository: string; readonly reference: string; readonly record: () => string },
): Promise<void> {
  const { repository, reference, record } = image;
  const answer = await client.send("GET", `/v2/${repository}/manifests/${reference}`);
  assert.equal(answer.status, 200, record());
  const manifest = JSON.parse(answer.body.toString());
  for (const child of manifest.manifests ?? []) {
    // One that was deleted by its digest leaves a gap in its index.
    const { status } = await client.send("HEAD", `/v2/${repository}/manifests/${child.digest}`);
    if (status === 200) await assertPulls(client, { ...image, reference: child.digest });
  }
  for (const { digest } of manifest.config ? [manifest.config, ...manifest.layers] : []) {
    const blob = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
    assert.ok(isDeepStrictEqual(sha256(blob.body), digest), record());
  }
}

/** Once all tags have gone and enough time has passed, so has everything else. */
async function assertNothingLeft(stage: Stage, record: () => string): Promise<void> {
  for (const repository of REPOSITORIES) await stage.replica.registry.images.deleteTags(repository, TAGS);
  await passTime(stage.database.query, 100 * KEEP_MS);
  await stage.replica.registry.collect({ orphanAgeMs: -KEEP_MS });
  await passTime(stage.database.query, 100 * KEEP_MS);
  await stage.replica.registry.collect({ orphanAgeMs: -KEEP_MS });
  const blobs: string[] = [];
  for await (const { digest } of stage.store.blobs()) blobs.push(digest);
  assert.deepEqual(blobs, [], record());
  assert.deepEqual(await readdir(join(stage.folder, "uploads")), [], record());
}
