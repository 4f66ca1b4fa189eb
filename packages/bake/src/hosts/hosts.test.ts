import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { Target } from "../model/target.ts";
import { buildInputsOf } from "./build-inputs.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkSshAgents } from "./check-ssh.ts";
import type { HostChecks, HostEntry } from "./host-checks.ts";
import { resolveContext, withSubfolder } from "./resolve-context.ts";

function host(
  entries: Readonly<Record<string, HostEntry>>,
  variables: Readonly<Record<string, string>> = {},
): HostChecks {
  return {
    isStdoutTerminal: true,
    workingFolder: "/work",
    host: { platform: "linux", arch: "x64" },
    variable: (name) => variables[name],
    stat: async (path) => entries[path] ?? { code: "ENOENT" },
    privateKeyFault: async (path) => (path === "bad" ? "failed to parse bad: ssh: no key found" : undefined),
  };
}

const file: HostEntry = { kind: "file", size: 1 };
const socket: HostEntry = { kind: "socket", size: 0 };
const refusal = (message: string) => (error: unknown) => isProblem(error) && error.message === message;

suite("SSH agents", () => {
  const entries = { key: file, bad: file, sock: socket };

  test("keys, sockets and the running agent are found", async () => {
    await checkSshAgents(
      [
        { id: "a", paths: ["key", "key"] },
        { id: "b", paths: ["sock"] },
        { id: "", paths: [] },
      ],
      host(entries, { SSH_AUTH_SOCK: "sock" }),
    );
  });

  const refused: ReadonlyArray<readonly [paths: readonly string[], why: string]> = [
    [["bad"], 'failed to convert agent config for ID: "a": failed to parse bad: ssh: no key found'],
    [["nope"], 'failed to convert agent config for ID: "a": stat nope: no such file or directory'],
    [["key", "sock"], 'failed to convert agent config for ID: "a": invalid combination of keys and sockets'],
    [["sock", "key"], 'failed to convert agent config for ID: "a": only single socket allowed'],
    [[], "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set"],
  ];
  for (const [paths, why] of refused) {
    test(`${paths.join(" and ") || "no agent"} cannot be used`, async () => {
      const message = `failed to convert agent config {a [${paths.join(" ")}] false}: ${why}`;
      await assert.rejects(checkSshAgents([{ id: "a", paths }], host(entries)), refusal(message));
    });
  }

  test("two of one name are refused", async () => {
    const agent = { id: "default", paths: ["sock"] };
    await assert.rejects(
      checkSshAgents([agent, { ...agent, id: "" }], host(entries)),
      refusal('duplicate agent ID "default"'),
    );
  });
});

test("secrets may be variables, and have a size", async () => {
  const checks = host({ big: { kind: "file", size: 512_001 } }, { TOKEN: "" });
  await checkSecrets([{ id: "TOKEN", src: "", env: "" }], checks);
  await assert.rejects(
    checkSecrets([{ id: "a", src: "big", env: "" }], checks),
    refusal("secret a too big. max size 500KiB"),
  );
});

suite("contexts of remote definitions", () => {
  const url = "https://github.com/a/b.git";
  const context = (path: string) =>
    resolveContext({ name: "a", description: "", context: path }, host({}), { url, hasState: true });

  test("are folders of the repository", async () => {
    assert.equal(await context("."), url);
    assert.equal(await context("./sub/../dir"), `${url}#:dir`);
    assert.equal(await context("cwd://x/../y"), "y");
    assert.equal(await context("https://example.com/c.tar.gz"), "https://example.com/c.tar.gz");
  });

  test("join the folder that the address names", () => {
    assert.equal(withSubfolder(`${url}#main:sub`, "dir"), `${url}#main:sub/dir`);
    assert.equal(withSubfolder(`${url}?subdir=sub&ref=v1`, "dir"), `${url}?subdir=sub%2Fdir&ref=v1`);
    assert.equal(withSubfolder("https://example.com/c.tar.gz", "dir"), "https://example.com/c.tar.gz");
  });

  test("a Dockerfile here is not one of the repository", async () => {
    const target = { name: "a", description: "", context: "cwd://", dockerfile: "D" };
    await assert.rejects(
      resolveContext(target, host({ D: file }), { url, hasState: true }),
      refusal("reading a dockerfile for a remote build invocation is currently not supported"),
    );
  });
});

suite("what a target is built from", () => {
  const inputs = (fields: Partial<Target>) => buildInputsOf({ name: "a", description: "", ...fields }, "/work");

  test("the Dockerfile lies in the context unless it is said to lie elsewhere", () => {
    assert.equal(inputs({ context: "sub", dockerfile: "./docker/../D" }).dockerfile, "sub/D");
    assert.equal(inputs({ context: "sub", dockerfile: "/D" }).dockerfile, "/D");
    assert.equal(inputs({ context: "sub", dockerfile: "cwd://D" }).dockerfile, "/work/D");
    assert.equal(inputs({ context: "https://github.com/a/b.git", dockerfile: "D" }).dockerfile, "D");
    assert.equal(inputs({}).dockerfile, "Dockerfile");
  });

  test("other contexts are paths here, or folders of the repository", () => {
    const contexts = new Map([
      ["here", "cwd://x/../y"],
      ["image", "docker-image://alpine"],
      ["folder", "dir"],
      ["root", "."],
    ]);
    const url = "https://github.com/a/b.git";
    const target = { name: "a", description: "", contexts };
    assert.equal(buildInputsOf(target, "/work").contexts.get("folder"), "dir");
    assert.deepEqual(
      buildInputsOf(target, "/work", { url, hasState: true }).contexts,
      new Map([
        ["here", "y"],
        ["image", "docker-image://alpine"],
        ["folder", `${url}#:dir`],
        ["root", url],
      ]),
    );
  });
});
