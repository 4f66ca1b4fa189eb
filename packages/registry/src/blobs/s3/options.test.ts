import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { resolveS3Options, type S3StoreOptions } from "./options.ts";

test("a bucket is all that has to be said", () => {
  const { prefix, region, forcePathStyle, partBytes } = resolveS3Options({ bucket: "blobs" });

  assert.deepEqual(
    { prefix, region, forcePathStyle, partBytes },
    {
      prefix: "",
      region: "us-east-1",
      forcePathStyle: false,
      partBytes: 8 * 1024 * 1024,
    },
  );
});

test("a store at an endpoint of its own has the bucket in the path, and keys below the prefix", () => {
  const resolved = resolveS3Options({ bucket: "blobs", prefix: "a/b", endpoint: new URL("https://s3.example.org") });

  assert.equal(resolved.forcePathStyle, true);
  assert.equal(resolved.prefix, "a/b/");
});

const wrong: ReadonlyArray<readonly [string, S3StoreOptions]> = [
  ["a short bucket", { bucket: "ab" }],
  ["a bucket with a slash", { bucket: "blobs/a" }],
  ["a prefix that begins with a slash", { bucket: "blobs", prefix: "/a" }],
  ["a prefix with a line break", { bucket: "blobs", prefix: "a\n" }],
  ["parts that S3 does not take", { bucket: "blobs", partBytes: 1024 }],
  ["parts that fill the memory", { bucket: "blobs", partBytes: 1024 ** 3 }],
];

for (const [what, options] of wrong) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => resolveS3Options(options),
      (error) => isProblem(error, "s3_options_invalid"),
    );
  });
}
