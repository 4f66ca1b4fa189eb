import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { BlobStore } from "../blob-store.ts";
import type { BlobProblemCode } from "../problems.ts";
import { allOf, brokenOff, contentOf, digestOf, heldAfter, inPieces } from "./content.ts";
import { playAtRandom } from "./random-play.ts";

/** Where stores of one kind keep their bytes; empty at first. Disposing it removes all of it. */
export interface PlaceUnderTest extends AsyncDisposable {
  /** Opens a store there, also a second one beside the first. The test closes it. */
  open(): Promise<BlobStore>;
}

const TEST_MS = 120_000;
const MIB = 1024 * 1024;

/**
 * Declares the tests that every {@link BlobStore} passes.
 *
 * @param name of the implementation, for the report
 * @param makePlace called once for each test
 */
export function blobStoreContract(name: string, makePlace: () => Promise<PlaceUnderTest>): void {
  const check = (
    behaviour: string,
    run: (subject: { store: BlobStore; place: PlaceUnderTest; t: TestContext }) => Promise<void>,
  ): void => {
    test(behaviour, { timeout: TEST_MS }, async (t) => {
      await using place = await makePlace();
      await using store = await place.open();
      await run({ store, place, t });
    });
  };

  describe(`blobs in ${name}`, () => {
    for (const algorithm of ["sha256", "sha512"] as const) {
      for (const size of [0, 1, 70_000, 12 * MIB + 1]) {
        check(`${size} bytes come back by their ${algorithm}`, async ({ store }) => {
          const content = contentOf(1, size);
          const digest = digestOf(content, algorithm);

          await store.createUpload("one");
          assert.equal(await store.append("one", 0, inPieces(content)), size);
          assert.equal(await store.stat(digest), undefined);
          assert.deepEqual(await store.commit("one", digest), { size });

          assert.deepEqual(await store.stat(digest), { size });
          assert.ok(content.equals(await allOf(await store.read(digest, undefined))));
          assert.equal(await store.uploadSize("one"), undefined);
        });

        check(`${size} bytes come back by a ${algorithm} that was told before`, async ({ store }) => {
          const content = contentOf(2, size);
          const digest = digestOf(content, algorithm);

          await store.createUpload("one");
          await store.append("one", 0, inPieces(content), undefined, digest);
          assert.equal(await store.stat(digest), undefined);
          await store.commit("one", digest);

          assert.ok(content.equals(await allOf(await store.read(digest, undefined))));
        });
      }
    }

    check("an upload grows by pieces of all sizes", async ({ store }) => {
      const content = contentOf(3, 14 * MIB);
      const sizes = [1, 5, 1000, 65_536, 3 * MIB, 0, 5 * MIB, 7];
      await store.createUpload("one");

      let at = 0;
      for (const size of [...sizes, content.length - sizes.reduce((sum, each) => sum + each, 0)]) {
        assert.equal(await store.uploadSize("one"), at);
        const next = at + size;
        assert.equal(await store.append("one", at, inPieces(content.subarray(at, next), 1 + size)), next);
        at = next;
      }
      await store.commit("one", digestOf(content));

      assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
    });

    check("an upload of very small pieces", async ({ store }) => {
      const content = contentOf(4, 5_000);
      await store.createUpload("one");

      await store.append("one", 0, inPieces(content, 1));
      await store.commit("one", digestOf(content));

      assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
    });

    for (const kept of [100, 6 * MIB + 5]) {
      check(`an upload goes on in another process, after ${kept} bytes`, async ({ store, place }) => {
        const content = contentOf(5, 13 * MIB);
        await store.createUpload("one");
        await store.append("one", 0, inPieces(content.subarray(0, kept)));
        await store[Symbol.asyncDispose]();

        await using later = await place.open();
        assert.equal(await later.uploadSize("one"), kept);
        await later.append("one", kept, inPieces(content.subarray(kept)));
        await later.commit("one", digestOf(content));

        assert.ok(content.equals(await allOf(await later.read(digestOf(content), undefined))));
      });

      check(`an upload of ${kept} bytes is committed by another process`, async ({ store, place }) => {
        const content = contentOf(6, kept);
        await store.createUpload("one");
        await store.append("one", 0, inPieces(content));

        await using other = await place.open();
        assert.deepEqual(await other.commit("one", digestOf(content, "sha512")), { size: kept });

        assert.ok(content.equals(await allOf(await store.read(digestOf(content, "sha512"), undefined))));
        await assert.rejects(store.commit("one", digestOf(content)), isCode("upload_missing"));
      });

      check(`what came before a body broke off after ${kept} bytes is kept`, async ({ store }) => {
        const content = contentOf(7, kept + 2 * MIB);
        const gone = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", errno: -104, syscall: "read" });
        await store.createUpload("one");

        const broken = store.append("one", 0, brokenOff(content.subarray(0, kept), gone));
        await assert.rejects(broken, (error) => error === gone);
        assert.equal(await store.uploadSize("one"), kept);
        await store.append("one", kept, inPieces(content.subarray(kept)));
        await store.commit("one", digestOf(content));

        assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
      });

      check(`what came before a silent sender was given up after ${kept} bytes is kept`, async ({ store }) => {
        const content = contentOf(8, kept);
        const giveUp = new AbortController();
        const held = heldAfter(content);
        await store.createUpload("one");

        const appending = store.append("one", 0, held.body, giveUp.signal);
        await held.isWaiting;
        giveUp.abort(new Error("too slow"));

        await assert.rejects(appending, /too slow/);
        assert.equal(await store.uploadSize("one"), kept);
        await store.commit("one", digestOf(content));
        held.end();
      });
    }

    check("content that is not what its digest says is dropped", async ({ store }) => {
      const content = contentOf(9, 6 * MIB);
      const [right, wrong] = [digestOf(content), digestOf(contentOf(10, 10))];
      for (const told of [undefined, wrong, right]) {
        await store.createUpload("one");
        await store.append("one", 0, inPieces(content), undefined, told);

        await assert.rejects(store.commit("one", wrong), isCode("digest_mismatch"));

        assert.equal(await store.uploadSize("one"), undefined);
        assert.equal(await store.stat(wrong), undefined);
        assert.equal(await store.stat(right), undefined);
      }
    });

    check("uploads of one content may be committed at the same time, again and again", async ({ store, place }) => {
      await using other = await place.open();
      const content = contentOf(11, 6 * MIB);
      const digest = digestOf(content);
      const push = async (into: BlobStore, id: string): Promise<void> => {
        await into.createUpload(id);
        await into.append(id, 0, inPieces(content), undefined, id.endsWith("told") ? digest : undefined);
        assert.deepEqual(await into.commit(id, digest), { size: content.length });
      };

      await Promise.all([push(store, "one"), push(store, "two-told"), push(other, "three"), push(other, "four-told")]);
      await push(store, "five");

      assert.ok(content.equals(await allOf(await store.read(digest, undefined))));
      assert.equal((await Array.fromAsync(store.blobs())).length, 1);
      assert.deepEqual(await Array.fromAsync(store.uploads()), []);
    });

    check("a part of a blob is read as asked for", async ({ store }) => {
      const content = contentOf(12, 700_000);
      const digest = await pushTo(store, content);

      for (const [start, end] of [
        [0, 1],
        [0, 700_000],
        [5, 5],
        [1, 300_000],
        [300_000, 699_999],
        [699_999, 700_000],
        [600_000, 10_000_000],
        [700_000, 700_001],
        [800_000, 900_000],
      ] as const) {
        const part = await allOf(await store.read(digest, { start, end }));
        assert.ok(content.subarray(start, end).equals(part), `${start} to ${end}: ${part.length} bytes`);
      }
    });

    check(
      "a store that hands out pieces gives the same bytes, and leaves each alone until it was taken",
      async ({ store }) => {
        if (!store.pass) return;
        const content = contentOf(40, 3 * MIB);
        const digest = await pushTo(store, content);
        for (const range of [undefined, { start: 1, end: MIB }, { start: 5, end: 5 }, { start: MIB, end: 9 * MIB }]) {
          const taken: Buffer[] = [];
          let taking = 0;
          await store.pass(digest, range, async (piece) => {
            taking += 1;
            assert.ok(taking <= 2, `${taking} at once`);
            const before = Buffer.from(piece);
            await new Promise((resolve) => setImmediate(resolve));
            assert.ok(before.equals(piece));
            taken.push(before);
            taking -= 1;
          });
          assert.ok(
            content.subarray(range?.start ?? 0, range?.end).equals(Buffer.concat(taken)),
            JSON.stringify(range),
          );
        }
      },
    );

    check("handing out pieces ends with what the taker throws, or when the signal aborts", async ({ store }) => {
      if (!store.pass) return;
      const digest = await pushTo(store, contentOf(41, 8 * MIB));
      const enough = new Error("enough");
      const giveUp = new AbortController();

      await assert.rejects(
        store.pass(digest, undefined, () => Promise.reject(enough)),
        (error) => error === enough,
      );
      const aborted = store.pass(digest, undefined, async () => giveUp.abort(enough), giveUp.signal);
      await assert.rejects(aborted, (error) => error === enough);
      await assert.rejects(
        store.pass(digestOf(contentOf(42, 1)), undefined, async () => undefined),
        isCode("blob_missing"),
      );
    });

    check("reading ends when the signal aborts", async ({ store }) => {
      const digest = await pushTo(store, contentOf(13, 8 * MIB));
      const giveUp = new AbortController();

      const stream = await store.read(digest, undefined, giveUp.signal);
      const reading = allOf(stream);
      giveUp.abort(new Error("no longer wanted"));

      await assert.rejects(reading, /no longer wanted/);
    });

    check("what is not there is told so", async ({ store }) => {
      const digest = digestOf(contentOf(14, 1));

      assert.equal(await store.stat(digest), undefined);
      await assert.rejects(store.read(digest, undefined), isCode("blob_missing"));
      await assert.rejects(store.read(digest, { start: 1, end: 1 }), isCode("blob_missing"));
      await store.remove(digest);
      assert.equal(await store.uploadSize("one"), undefined);
      await assert.rejects(store.append("one", 0, inPieces(contentOf(14, 1))), isCode("upload_missing"));
      await assert.rejects(store.commit("one", digest), isCode("upload_missing"));
      await store.abort("one");
    });

    check("a removed blob is gone, and can come back", async ({ store }) => {
      const content = contentOf(15, 1_000);
      const digest = await pushTo(store, content);

      await store.remove(digest);
      assert.equal(await store.stat(digest), undefined);
      await assert.rejects(store.read(digest, undefined), isCode("blob_missing"));
      assert.deepEqual(await Array.fromAsync(store.blobs()), []);

      await pushTo(store, content);
      assert.deepEqual(await store.stat(digest), { size: 1_000 });
    });

    check("all blobs and uploads are listed with their age", async ({ store }) => {
      const from = Date.now() - 2_000; // stores may keep whole seconds
      const contents = [contentOf(16, 10), contentOf(17, 20), contentOf(18, 30)];
      for (const content of contents) await pushTo(store, content);
      await pushTo(store, contentOf(19, 40), "sha512");
      for (const id of ["one", "Two_2", "three-3"]) await store.createUpload(id);
      await store.append("one", 0, inPieces(contentOf(20, 6 * MIB)));

      const blobs = await Array.fromAsync(store.blobs());
      const uploads = await Array.fromAsync(store.uploads());

      const found = blobs.map(({ digest, size }) => `${digest} ${size}`).sort();
      const expected = contents.map((content) => `${digestOf(content)} ${content.length}`);
      assert.deepEqual(found, [...expected, `${digestOf(contentOf(19, 40), "sha512")} 40`].sort());
      assert.deepEqual(uploads.map(({ id }) => id).sort(), ["Two_2", "one", "three-3"]);
      for (const { modifiedAt } of [...blobs, ...uploads]) {
        assert.ok(modifiedAt.getTime() >= from && modifiedAt.getTime() <= Date.now() + 2_000, modifiedAt.toISOString());
      }
    });

    check("nothing but digests and ids is taken as such", async ({ store }) => {
      const hex = "0123456789abcdef".repeat(4);
      const digests = ["", "sha256:", hex, `sha256:${hex.toUpperCase()}`, `sha256:${hex}0`, `md5:${hex.slice(32)}`];
      const traversals = ["sha256:../../../../etc/passwd", `sha256:${"../".repeat(21)}a`, `../sha256:${hex}`];
      for (const digest of [...digests, ...traversals, `sha384:${hex}${hex.slice(32)}`, `sha256:${hex}\n`]) {
        await assert.rejects(store.stat(digest), isCode("digest_invalid"), digest);
        await assert.rejects(store.read(digest, undefined), isCode("digest_invalid"), digest);
        await assert.rejects(store.remove(digest), isCode("digest_invalid"), digest);
        await assert.rejects(store.commit("one", digest), isCode("digest_invalid"), digest);
      }
      for (const id of [
        "",
        ".",
        "..",
        "../blobs",
        "a/b",
        "/etc",
        "a\0b",
        "a b",
        "ü",
        "a".repeat(129),
        "one\n",
        "%2e",
      ]) {
        await assert.rejects(store.createUpload(id), isCode("upload_id_invalid"), id);
        await assert.rejects(store.uploadSize(id), isCode("upload_id_invalid"), id);
        await assert.rejects(store.append(id, 0, inPieces(Buffer.from("x"))), isCode("upload_id_invalid"), id);
        await assert.rejects(store.commit(id, `sha256:${hex}`), isCode("upload_id_invalid"), id);
        await assert.rejects(store.abort(id), isCode("upload_id_invalid"), id);
      }
      assert.deepEqual(await Array.fromAsync(store.uploads()), []);
    });

    check("an upload that exists already stays as it is", async ({ store }) => {
      await store.createUpload("one");
      await store.append("one", 0, inPieces(contentOf(21, 500)));

      await store.createUpload("one");

      assert.equal(await store.uploadSize("one"), 500);
    });

    check("an aborted upload is gone, and its id may be used again", async ({ store, place }) => {
      await using other = await place.open();
      for (const aborter of [store, other]) {
        await store.createUpload("one");
        await store.append("one", 0, inPieces(contentOf(22, 6 * MIB)));

        await aborter.abort("one");
        await aborter.abort("one");
        assert.equal(await store.uploadSize("one"), undefined);
        await assert.rejects(store.append("one", 6 * MIB, inPieces(contentOf(22, 1))), isCode("upload_missing"));

        const content = contentOf(23, 6 * MIB);
        await other.createUpload("one");
        await other.append("one", 0, inPieces(content));
        await store.commit("one", digestOf(content));
        await store.remove(digestOf(content));
      }
    });

    check("an abort ends the append that runs", async ({ store }) => {
      const held = heldAfter(contentOf(24, 6 * MIB));
      await store.createUpload("one");

      const appending = store.append("one", 0, held.body);
      const refused = assert.rejects(appending, isCode("upload_missing"));
      await held.isWaiting;
      await store.abort("one");

      await refused;
      assert.equal(await store.uploadSize("one"), undefined);
      assert.deepEqual(await Array.fromAsync(store.uploads()), []);
      held.end();
    });

    check("closing the store ends the append that runs", async ({ place }) => {
      const held = heldAfter(contentOf(25, 1_000));
      const closing = await place.open();
      await closing.createUpload("one");

      const appending = closing.append("one", 0, held.body);
      const refused = assert.rejects(appending, isCode("store_unreachable"));
      await held.isWaiting;
      await closing[Symbol.asyncDispose]();
      await closing[Symbol.asyncDispose]();

      await refused;
      held.end();
    });

    check("only one at a time appends or commits", async ({ store }) => {
      const content = contentOf(26, 1_000);
      const held = heldAfter(content);
      await store.createUpload("one");

      const appending = store.append("one", 0, held.body);
      await held.isWaiting;
      await assert.rejects(store.append("one", 0, inPieces(content)), isCode("upload_busy"));
      await assert.rejects(store.commit("one", digestOf(content)), isCode("upload_busy"));
      held.end();

      assert.equal(await appending, 1_000);
      await store.commit("one", digestOf(content));
    });

    check("an append begins where the upload ends", async ({ store, place }) => {
      await using other = await place.open();
      await store.createUpload("one");
      await store.append("one", 0, inPieces(contentOf(27, 1_000)));

      for (const offset of [0, 999, 1_001]) {
        for (const asked of [store, other]) {
          const wrong = asked.append("one", offset, inPieces(contentOf(27, 1)));
          await assert.rejects(wrong, (error) => {
            assert.ok(isProblem(error, "upload_offset_wrong"), String(error));
            assert.equal(error.detail["size"], 1_000);
            return true;
          });
        }
      }

      assert.equal(await store.uploadSize("one"), 1_000);
    });

    check("two processes may take turns with an upload", async ({ store, place }) => {
      await using other = await place.open();
      const content = contentOf(28, 13 * MIB);
      await store.createUpload("one");

      let at = 0;
      for (const [index, size] of [500, 6 * MIB, 10, 5 * MIB, 1, 2 * MIB - 511].entries()) {
        const turn = index % 2 === 0 ? store : other;
        assert.equal(await turn.uploadSize("one"), at);
        at = await turn.append("one", at, inPieces(content.subarray(at, at + size)));
      }
      await store.commit("one", digestOf(content));

      assert.ok(content.equals(await allOf(await other.read(digestOf(content), undefined))));
    });

    for (const size of [1_000, 6 * MIB]) {
      check(`who lost his upload of ${size} bytes to another process is told, and harms nothing`, async (subject) => {
        const { store, place } = subject;
        await using other = await place.open();
        const mine = contentOf(29, size);
        const theirs = contentOf(30, size);
        const held = heldAfter(mine);
        await store.createUpload("one");

        const appending = store.append("one", 0, held.body);
        const refused = assert.rejects(
          appending,
          (error) => isCode("upload_busy")(error) || isCode("upload_missing")(error),
        );
        await held.isWaiting;
        const at = await appendAtTheEnd(other, "one", theirs);
        held.end();
        await refused;
        const together = Buffer.concat([mine.subarray(0, at), theirs]);
        await other.commit("one", digestOf(together));

        assert.ok(together.equals(await allOf(await store.read(digestOf(together), undefined))));
      });
    }

    check("a signal that has aborted ends every call with its reason", async ({ store }) => {
      const content = contentOf(31, 10);
      const digest = await pushTo(store, content);
      await store.createUpload("one");
      const signal = AbortSignal.abort(new Error("changed my mind"));

      for (const call of [
        () => store.stat(digest, signal),
        () => store.read(digest, undefined, signal),
        () => store.createUpload("two", signal),
        () => store.uploadSize("one", signal),
        () => store.append("one", 0, inPieces(content), signal),
        () => store.commit("one", digest, signal),
        () => store.abort("one", signal),
        () => store.remove(digest, signal),
        () => Array.fromAsync(store.blobs(signal)),
        () => Array.fromAsync(store.uploads(signal)),
      ]) {
        await assert.rejects(call, /changed my mind/);
      }

      assert.equal(await store.uploadSize("one"), 0);
      assert.deepEqual(await store.stat(digest), { size: 10 });
    });

    for (const seed of [1, 2, 3]) {
      check(`random work of two processes ends as in a simple model (seed ${seed})`, async ({ place }) => {
        await playAtRandom(place, seed);
      });
    }
  });
}

/** Appends to an upload that may still grow meanwhile, as a client does that lost its connection; returns the offset. */
async function appendAtTheEnd(store: BlobStore, id: string, content: Uint8Array): Promise<number> {
  for (;;) {
    const at = (await store.uploadSize(id)) ?? 0;
    try {
      assert.equal(await store.append(id, at, inPieces(content)), at + content.length);
      return at;
    } catch (error) {
      if (!isProblem(error, "upload_offset_wrong")) throw error;
    }
  }
}

/** Tells whether an error is the problem with that code. */
export function isCode(code: BlobProblemCode): (error: unknown) => boolean {
  return (error) => isProblem(error, code);
}

/** Pushes `content` with an upload of its own; returns its digest. */
export async function pushTo(
  store: BlobStore,
  content: Uint8Array,
  algorithm: "sha256" | "sha512" = "sha256",
): Promise<string> {
  const digest = digestOf(content, algorithm);
  const id = `push-${digest.slice(7, 39)}`;
  await store.createUpload(id);
  await store.append(id, 0, inPieces(content));
  await store.commit(id, digest);
  return digest;
}
