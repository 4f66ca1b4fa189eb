import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { describeBlobPlace, parseBlobPlace } from "./blob-place.ts";

const around = { dataDir: "/data", cwd: "/work" };

test("images are below the data folder unless told otherwise", () => {
  assert.deepEqual(parseBlobPlace(undefined, around), { kind: "folder", folder: "/data/registry" });
  assert.deepEqual(parseBlobPlace("blobs", around), { kind: "folder", folder: "/work/blobs" });
  assert.equal(describeBlobPlace(parseBlobPlace("/mnt/blobs", around)), "/mnt/blobs");
});

test("a bucket has a prefix, and an endpoint where it is not Amazon's", () => {
  const place = parseBlobPlace(
    "s3://images/depot/a?endpoint=http://127.0.0.1:7070&region=eu-central-1&path-style=true&redirect=true",
    around,
  );
  assert.deepEqual(place, {
    ...{ kind: "s3", bucket: "images", prefix: "depot/a", region: "eu-central-1" },
    ...{ endpoint: new URL("http://127.0.0.1:7070"), forcePathStyle: true, isRedirecting: true },
  });
  assert.equal(describeBlobPlace(place), "s3://images/depot/a");
  const plain = { region: undefined, endpoint: undefined, forcePathStyle: undefined, isRedirecting: false };
  assert.deepEqual(parseBlobPlace("s3://images", around), { kind: "s3", bucket: "images", prefix: "", ...plain });
});

for (const text of [
  ...["s3://", "gs://bucket", "s3://key:secret@bucket", "s3://b?endpoint=ftp://x", "s3://b?path-style=yes"],
  ...["s3://b?regoin=x", "s3://b#x"],
]) {
  test(`${text} is refused with what to write instead, and without any key in it`, () => {
    assert.throws(
      () => parseBlobPlace(text, around),
      (error) =>
        isProblem(error, "option_invalid") && /s3:\/\/BUCKET/.test(error.hint ?? "") && !/secret/.test(error.message),
    );
  });
}
