import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parseCandidate, sourcesList } from "./apt.ts";
import { otherSuite, parseIndexTargets } from "./apt-sources.ts";
import { detectDistribution } from "./distribution.ts";

const TARGETS = `Packages http://mirror.example/debian/ bookworm main
Packages http://mirror.example/debian/ bookworm main
DEP-11 http://mirror.example/debian/ bookworm main
Packages http://mirror.example/debian/ bookworm non-free
Packages http://mirror.example/debian/ bookworm-updates main
Packages http://mirror.example/security/ bookworm-security main
`;

async function osRelease(text: string): Promise<{ file: string } & AsyncDisposable> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), "od-os-"));
  const file = path.join(folder.path, "os-release");
  await writeFile(file, text);
  return { file, [Symbol.asyncDispose]: () => folder.remove() };
}

test("sources are read as apt understands them, each once, with its components", () => {
  assert.deepEqual(parseIndexTargets(TARGETS), [
    { uri: "http://mirror.example/debian/", suite: "bookworm", components: ["main", "non-free"] },
    { uri: "http://mirror.example/debian/", suite: "bookworm-updates", components: ["main"] },
    { uri: "http://mirror.example/security/", suite: "bookworm-security", components: ["main"] },
  ]);
});

test("another suite comes from the mirror of the machine's own release", () => {
  assert.deepEqual(otherSuite("testing", parseIndexTargets(TARGETS), "bookworm"), [
    { uri: "http://mirror.example/debian/", suite: "testing", components: ["main"] },
  ]);
});

test("sources are written with the keyring that must have signed them", () => {
  const sources = [{ uri: "http://mirror.example/debian/", suite: "testing", components: ["main"] }];

  assert.equal(
    sourcesList({ sources, keyring: "/keys/debian.gpg" }),
    "deb [signed-by=/keys/debian.gpg] http://mirror.example/debian/ testing main\n",
  );
  assert.equal(sourcesList({ sources, keyring: undefined }), "deb http://mirror.example/debian/ testing main\n");
});

test("a package's candidate is its version, or none", () => {
  assert.equal(parseCandidate("docker.io:\n  Installed: (none)\n  Candidate: 28.5.2+dfsg4-5\n"), "28.5.2+dfsg4-5");
  assert.equal(parseCandidate("docker.io:\n  Installed: (none)\n  Candidate: (none)\n"), undefined);
  assert.equal(parseCandidate(""), undefined);
});

test("Debian, Ubuntu and their descendants are told from the rest", async () => {
  await using debian = await osRelease('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian"\n');
  await using mint = await osRelease(
    'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
  );
  await using fedora = await osRelease('ID=fedora\nID_LIKE=""\n');

  assert.deepEqual(await detectDistribution(debian.file), { id: "debian", codename: "bookworm" });
  assert.deepEqual(await detectDistribution(mint.file), { id: "ubuntu", codename: "noble" });
  assert.equal(await detectDistribution(fedora.file), undefined);
  assert.equal(await detectDistribution("/nonexistent"), undefined);
});
