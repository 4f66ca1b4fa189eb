import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { failureHint } from "./failure-hint.ts";

/** What users are known to run into, by the texts of the engines. */
const MISTAKES: ReadonlyArray<readonly [name: string, message: string, hint: RegExp]> = [
  [
    "the cache of GitHub Actions",
    "failed to configure gha cache exporter: <h2>Our services aren't available right now</h2>",
    /type=gha/,
  ],
  [
    "an attestation taken for an image",
    "no match for platform in manifest: found unknown/unknown",
    /--provenance=false/,
  ],
  [
    "no .git in a git context",
    'failed to compute cache key: failed to calculate checksum of ref abc::def: "/.git": not found',
    /BUILDKIT_CONTEXT_KEEP_GIT_DIR=1/,
  ],
  [
    "what the mirror says of Docker Hub's limit",
    "docker.io/library/alpine:3: invalid token auth challenge realm: Docker Hub limits what it gives: authenticate with …",
    /public\.ecr\.aws\/docker\/library/,
  ],
  [
    "a mount that fails",
    "failed to mount /tmp/buildkit-mount1: [{Type:overlay}]: invalid argument",
    /depot cache reset/,
  ],
  ["a snapshot that is gone", "parent snapshot sha256:abc does not exist: not found", /depot cache reset/],
  [
    "a repository that a key may not read",
    "error fetching default branch for repository ssh://x@host/app.git: git stderr:\nx@host: Permission denied (publickey).",
    /--ssh default=PATH/,
  ],
  [
    "Docker Hub without an account",
    "failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token?scope=x: 401 Unauthorized",
    /docker login.*public\.ecr\.aws\/docker\/library\//,
  ],
  [
    "Docker Hub's limit",
    "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
    /docker login.*public\.ecr\.aws/,
  ],
  [
    "another registry without a login",
    "failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized",
    /^log in to that registry/,
  ],
  ["memory that ran out", 'process "/bin/sh -c make" did not complete successfully: exit code: 137', /out of memory/],
  ["a connection that went silent", "rpc error: Keep alive ping failed to receive ACK within timeout", /memory/],
  ["an engine that would crash", "this builder's engine would crash on compression=estargz", /compression=zstd/],
  ["a session that broke off", "code = Unavailable desc = error reading from server: EOF", /build again/],
  ["a secret that nobody gave", "secret token: not found", /--secret id=token,src=PATH/],
  ["a full volume", "write /x: no space left on device", /depot cache reset/],
];

suite("a failed build says what to do about", () => {
  for (const [name, message, hint] of MISTAKES) {
    test(name, () => assert.match(failureHint(message) ?? "no hint", hint));
  }

  test("a step that misses the repository", () => {
    const failure = 'process "/bin/sh -c git describe" did not complete successfully: exit code: 128';
    assert.match(failureHint(failure, "fatal: not a git repository (or any parent)\n") ?? "", /KEEP_GIT_DIR=1/);
  });
});

test("what a step writes of other programs gives no hint, nor does a plain failure", () => {
  assert.equal(failureHint("exit code: 1", "HTTP 401 Unauthorized, failed to mount the app, out of memory"), undefined);
  assert.equal(failureHint('process "/bin/sh -c false" did not complete successfully: exit code: 1'), undefined);
});
