import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { Architecture, Builder, BuilderProvider, StartRequest } from "../provider.ts";
import { buildSmall } from "./build.ts";

const GONE_MS = 2_000;
const TEST_MS = 120_000;
const DOCKERFILE = "FROM scratch\nCOPY hello.txt /\nCOPY hello.txt /again.txt\n";
const FILES = { "hello.txt": "hello" };

/** A provider under test. Disposing it disposes of the provider and all that the test made. */
export interface ProviderUnderTest extends AsyncDisposable {
  readonly provider: BuilderProvider;
  /** An architecture that it can build for. */
  readonly architecture: Architecture;
  /** Kills the engine of a builder the hard way, as if it had crashed. */
  crash(builder: Builder): Promise<void>;
}

/**
 * Declares the tests that every {@link BuilderProvider} passes.
 *
 * @param name of the implementation, for the report
 * @param makeProvider opens a provider that has no builders yet; called once for each test
 */
export function describeBuilderProvider(name: string, makeProvider: () => Promise<ProviderUnderTest>): void {
  describe(`builders of ${name}`, { timeout: TEST_MS }, () => {
    test("starting a builder that lives returns the same builder", async (t) => {
      await using subject = await makeProvider();

      const first = await subject.provider.start(requestOf(subject), t.signal);
      const second = await subject.provider.start(requestOf(subject), t.signal);

      assert.equal(second, first);
      assert.equal(first.gone.aborted, false);
      assert.deepEqual(subject.provider.list(), [first]);
    });

    test("concurrent starts share one builder", async (t) => {
      await using subject = await makeProvider();

      const starts = [1, 2, 3].map(() => subject.provider.start(requestOf(subject), t.signal));
      const [first, ...others] = await Promise.all(starts);

      for (const other of others) assert.equal(other, first);
      assert.equal(subject.provider.list().length, 1);
    });

    test("a caller that gives up does not take the start from the others", async (t) => {
      await using subject = await makeProvider();
      const impatient = new AbortController();

      const givenUp = subject.provider.start(requestOf(subject), impatient.signal);
      const patient = subject.provider.start(requestOf(subject), t.signal);
      impatient.abort(new Error("changed my mind"));

      await assert.rejects(givenUp, /changed my mind/);
      assert.equal((await patient).gone.aborted, false);
    });

    test("the cache outlives a stop", async (t) => {
      await using subject = await makeProvider();
      const first = await subject.provider.start(requestOf(subject), t.signal);
      assert.equal((await build(first, t.signal)).cached.length, 0);

      await subject.provider.stop(first.id, t.signal);
      const second = await subject.provider.start(requestOf(subject), t.signal);

      assert.ok(isProblem(first.gone.reason, "engine_stopped"));
      assert.notEqual(second, first);
      assert.deepEqual((await build(second, t.signal)).ran, []);
    });

    test("a crash is told at once, and the next start has the cache", async (t) => {
      await using subject = await makeProvider();
      const first = await subject.provider.start(requestOf(subject), t.signal);
      await build(first, t.signal);
      const { promise: gone, resolve } = Promise.withResolvers<void>();
      first.gone.addEventListener("abort", () => resolve());

      const crashedAt = performance.now();
      await subject.crash(first);
      await gone;
      const toldAfterMs = performance.now() - crashedAt;
      const second = await subject.provider.start(requestOf(subject), t.signal);

      assert.ok(toldAfterMs < GONE_MS, `told after ${toldAfterMs} ms`);
      assert.ok(isProblem(first.gone.reason, "engine_died"));
      assert.deepEqual((await build(second, t.signal)).ran, []);
    });

    test("a reset empties the cache", async (t) => {
      await using subject = await makeProvider();
      const first = await subject.provider.start(requestOf(subject), t.signal);
      await build(first, t.signal);

      await subject.provider.reset(first.id, t.signal);
      const second = await subject.provider.start(requestOf(subject), t.signal);

      assert.equal(first.gone.aborted, true);
      assert.deepEqual((await build(second, t.signal)).cached, []);
    });

    test("builders of different ids share nothing", async (t) => {
      await using subject = await makeProvider();
      const [one, other] = await Promise.all([
        subject.provider.start(requestOf(subject, "one"), t.signal),
        subject.provider.start(requestOf(subject, "other"), t.signal),
      ]);
      await build(one, t.signal);

      const elsewhere = await build(other, t.signal);
      await subject.provider.stop(one.id, t.signal);

      assert.deepEqual(elsewhere.cached, []);
      assert.equal(other.gone.aborted, false);
      assert.deepEqual(subject.provider.list(), [other]);
    });

    test("stopping and resetting a builder that never was succeeds", async (t) => {
      await using subject = await makeProvider();

      await subject.provider.stop("unknown", t.signal);
      await subject.provider.reset("unknown", t.signal);

      assert.deepEqual(subject.provider.list(), []);
    });

    test("a stop ends a start that is under way", async (t) => {
      await using subject = await makeProvider();

      const starting = subject.provider.start(requestOf(subject), t.signal);
      const refused = assert.rejects(starting, (error) => isProblem(error, "engine_stopped"));
      await subject.provider.stop("builder", t.signal);

      await refused;
      assert.deepEqual(subject.provider.list(), []);
    });
  });
}

function requestOf(subject: ProviderUnderTest, id = "builder"): StartRequest {
  return {
    id,
    projectId: `project-of-${id}`,
    architecture: subject.architecture,
    cachePolicy: { keepBytes: 1024 ** 3, keepDays: 14 },
  };
}

async function build(builder: Builder, signal: AbortSignal): ReturnType<typeof buildSmall> {
  return buildSmall(builder, { dockerfile: DOCKERFILE, files: FILES, signal });
}
