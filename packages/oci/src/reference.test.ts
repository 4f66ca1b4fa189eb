import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import {
  formatFamiliar,
  formatReference,
  parseNormalizedReference,
  parseReference,
  withDefaultTag,
} from "./reference.ts";

const HEX = "0123456789abcdef".repeat(4);

suite("normalized references", () => {
  const cases: ReadonlyArray<readonly [written: string, full: string, familiar: string]> = [
    ["alpine", "docker.io/library/alpine", "alpine"],
    ["alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20"],
    ["acme/app", "docker.io/acme/app", "acme/app"],
    ["docker.io/alpine", "docker.io/library/alpine", "alpine"],
    ["index.docker.io/alpine", "docker.io/library/alpine", "alpine"],
    ["docker.io/library/distros/ubuntu", "docker.io/library/distros/ubuntu", "library/distros/ubuntu"],
    ["localhost/app", "localhost/app", "localhost/app"],
    ["localhost:5000/app:1", "localhost:5000/app:1", "localhost:5000/app:1"],
    ["Registry/app", "Registry/app", "Registry/app"],
    ["ghcr.io/acme/app", "ghcr.io/acme/app", "ghcr.io/acme/app"],
    ["[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"],
    [`app@sha256:${HEX}`, `docker.io/library/app@sha256:${HEX}`, `app@sha256:${HEX}`],
    [`app:1@sha256:${HEX}`, `docker.io/library/app:1@sha256:${HEX}`, `app:1@sha256:${HEX}`],
    ["a__b/c-d.e_f--g", "docker.io/a__b/c-d.e_f--g", "a__b/c-d.e_f--g"],
  ];
  for (const [written, full, familiar] of cases) {
    test(`${written} is ${full}`, () => {
      const reference = parseNormalizedReference(written);
      assert.equal(formatReference(reference), full);
      assert.equal(formatFamiliar(reference), familiar);
    });
  }

  test("parts are told apart", () => {
    assert.deepEqual(parseNormalizedReference(`r.io:80/a/b:t@sha256:${HEX}`), {
      domain: "r.io:80",
      path: "a/b",
      tag: "t",
      digest: `sha256:${HEX}`,
    });
  });

  for (const bad of [
    "",
    "A",
    "acme/App",
    "app:",
    "app@sha256:12",
    ":tag",
    "a//b",
    "-a",
    "a..b",
    "a b",
    "app:t@x",
    HEX,
    "r.io/",
  ]) {
    test(`${JSON.stringify(bad)} is refused`, () => {
      assert.throws(
        () => parseNormalizedReference(bad),
        (error) => isProblem(error),
      );
    });
  }

  test("a name of 256 characters is refused", () => {
    assert.throws(
      () => parseNormalizedReference(`r.io/${"a".repeat(256)}`),
      (error) => isProblem(error, "reference_invalid"),
    );
    assert.equal(parseNormalizedReference(`r.io/${"a".repeat(255)}`).path.length, 255);
  });
});

suite("references as written", () => {
  test("no registry is assumed", () => {
    assert.deepEqual(parseReference("alpine:3"), { domain: undefined, path: "alpine", tag: "3", digest: undefined });
    assert.equal(parseReference("acme/app").domain, "acme");
  });

  test("a digest of an unknown algorithm is refused", () => {
    assert.throws(
      () => parseReference(`app@md5:${"a".repeat(32)}`),
      (error) => isProblem(error, "digest_invalid"),
    );
  });

  test("latest is only filled in where neither tag nor digest is given", () => {
    assert.equal(formatReference(withDefaultTag(parseReference("app"))), "app:latest");
    assert.equal(formatReference(withDefaultTag(parseReference("app:1"))), "app:1");
    assert.equal(formatReference(withDefaultTag(parseReference(`app@sha256:${HEX}`))), `app@sha256:${HEX}`);
  });
});
