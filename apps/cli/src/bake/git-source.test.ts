import assert from "node:assert/strict";
import { test } from "node:test";
import { gitHostOf, readGitSource } from "./git-source.ts";

const AUTH = { "git.authtokensecret": "GIT_AUTH_TOKEN", "git.authheadersecret": "GIT_AUTH_HEADER" };

test("a repository is named by host and path, with its whole address as an attribute", () => {
  assert.deepEqual(readGitSource("https://example.org:8443/a/b.git"), {
    identifier: "git://example.org:8443/a/b.git",
    attrs: { ...AUTH, "git.fullurl": "https://example.org:8443/a/b.git" },
  });
  assert.deepEqual(readGitSource("github.com/a/b")?.identifier, "git://github.com/a/b");
});

test("reference and folder come from the fragment or the query", () => {
  const names = [
    "https://h/a.git#main:sub/dir",
    "https://h/a.git?ref=main&subdir=sub/dir",
    "https://h/a.git?branch=main",
    "https://h/a.git?tag=v1",
    "https://h/a.git#:sub",
  ].map((address) => readGitSource(address)?.identifier);
  assert.deepEqual(names, [
    "git://h/a.git#main:sub/dir",
    "git://h/a.git#main:sub/dir",
    "git://h/a.git#refs/heads/main",
    "git://h/a.git#refs/tags/v1",
    "git://h/a.git#:sub",
  ]);
});

test("over SSH the person's agent is asked for", () => {
  const scp = readGitSource("git@example.org:a/b.git#v1");
  assert.equal(scp?.identifier, "git://example.org/a/b.git#v1");
  assert.deepEqual(scp?.attrs, { ...AUTH, "git.fullurl": "git@example.org:a/b.git", "git.mountsshsock": "default" });
  assert.equal(readGitSource("ssh://git@example.org:2222/a.git")?.attrs["git.mountsshsock"], "default");
});

test("the query's other wishes become attributes, and what is not known is told", () => {
  const { attrs } = readGitSource("https://h/a.git?commit=abc&submodules=0&keep-git-dir&mtime=commit") ?? {};
  assert.equal(attrs?.["git.checksum"], "abc");
  assert.equal(attrs["git.skipsubmodules"], "true");
  assert.equal(attrs["git.keepgitdir"], "true");
  assert.equal(attrs["git.mtime"], "commit");
  assert.throws(() => readGitSource("https://h/a.git?colour=red"), /unexpected query "colour"/);
  assert.throws(() => readGitSource("https://h/a.git?ref=b#a"), /contradict/);
});

test("other addresses are no repositories", () => {
  assert.equal(readGitSource("https://h/a.tar.gz"), undefined);
  assert.equal(gitHostOf("https://h/docker-bake.hcl"), undefined);
  assert.equal(gitHostOf("https://h:1/a.git"), "h:1");
});
