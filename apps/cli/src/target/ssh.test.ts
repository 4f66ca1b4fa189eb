import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseSsh } from "./ssh.ts";

const around = { cwd: "/work", environment: { SSH_AUTH_SOCK: "/run/agent" } };

test("an id alone means the running agent", () => {
  assert.deepEqual(parseSsh(["default"], around), [{ id: "default", paths: ["/run/agent"] }]);
  assert.deepEqual(parseSsh(["git="], around), [{ id: "git", paths: ["/run/agent"] }]);
});

test("paths are taken relative to the working folder", () => {
  assert.deepEqual(parseSsh(["a=k1,/k2", "b=/s"], around), [
    { id: "a", paths: ["/work/k1", "/k2"] },
    { id: "b", paths: ["/s"] },
  ]);
});

test("the last one of an id wins and an empty id is the default one", () => {
  assert.deepEqual(parseSsh(["=/k", "default=/l", ""], around), [{ id: "default", paths: ["/l"] }]);
});

test("without an agent the hint says how to get one", () => {
  assert.throws(
    () => parseSsh(["default"], { cwd: "/", environment: { SSH_AUTH_SOCK: "" } }),
    (error) => isProblem(error, "ssh_invalid") && /ssh-agent/.test(error.hint ?? ""),
  );
});
