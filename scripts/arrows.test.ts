import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");

/** Who may import whom. Changed only together with the picture in ARCHITECTURE.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "packages/base": [],
  "packages/command": ["base"],
  "packages/oci": ["base"],
  "packages/hcl": ["base"],
  "packages/compose": ["base"],
  "packages/buildflags": ["base", "oci"],
  "packages/bake": ["base", "buildflags", "compose", "hcl", "oci"],
  "packages/registry": ["base", "oci"],
  "packages/registry-client": ["base", "oci"],
  "packages/mirror": ["base", "oci", "registry-client"],
  "packages/docker": ["base", "oci"],
  "packages/api": ["base"],
  "packages/postgres": ["base"],
  "packages/buildkit": ["base"],
  "packages/gateway": ["base", "buildkit"],
  "packages/builder": ["base", "buildkit"],
  "packages/provider-local": ["base", "buildkit", "builder"],
  "packages/testing": ["base", "buildkit", "builder", "oci", "postgres"],
  "apps/cli": ["api", "bake", "base", "buildflags", "buildkit", "command", "docker", "oci", "registry-client"],
  "apps/server": [
    ...["api", "base", "builder", "buildkit", "command", "gateway", "mirror", "oci", "postgres", "provider-local"],
    ...["registry", "registry-client"],
  ],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function sourcesOf(room: string): string[] {
  return globSync(`${room}/{src,test}/**/*.ts`, { cwd: root, exclude: (path) => path.includes("/gen/") });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const statements = /^(?:import|export)\s[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;
  return [...text.matchAll(statements)].map(([, from, bare, lazy]) => ({ file, target: from ?? bare ?? lazy ?? "" }));
}

const isTest = (file: string): boolean => /\.test\.ts$|\/testing\/|\/test\//.test(file);

for (const [room, allowed] of Object.entries(arrows)) {
  test(`${room} imports only what the table of arrows allows`, () => {
    const imports = sourcesOf(room).flatMap(importsOf);
    const self = room.split("/")[1] ?? "";
    const wrong = imports.filter(({ file, target }) => {
      const name = /^@opendepot\/([^/]+)/.exec(target)?.[1];
      if (name === undefined || name === self) return false;
      return !allowed.includes(name) && !isTest(file);
    });

    assert.deepEqual(wrong, []);
  });

  test(`${room} reaches other rooms by their names, never by a path`, () => {
    const escaping = sourcesOf(room)
      .flatMap(importsOf)
      .filter(({ file, target }) => {
        if (!target.startsWith(".")) return false;
        return relative(join(root, room), resolve(root, dirname(file), target)).startsWith("..");
      });

    assert.deepEqual(escaping, []);
  });

  test(`${room} declares what it imports`, () => {
    const manifest = JSON.parse(readFileSync(join(root, room, "package.json"), "utf8"));
    const declared = Object.keys(manifest.dependencies ?? {});
    const used = sourcesOf(room)
      .filter((file) => !isTest(file))
      .flatMap(importsOf)
      .filter(({ target }) => !target.startsWith(".") && !target.startsWith("node:"))
      .map(({ target }) =>
        target
          .split("/")
          .slice(0, target.startsWith("@") ? 2 : 1)
          .join("/"),
      )
      .filter((name) => name !== manifest.name);

    assert.deepEqual(
      [...new Set(used)].filter((name) => !declared.includes(name)),
      [],
    );
  });
}

test("every room is in the table of arrows", () => {
  const rooms = globSync("{packages,apps}/*/package.json", { cwd: root }).map(dirname);

  assert.deepEqual(rooms.sort(), Object.keys(arrows).sort());
});

test("every room of the table holds something", () => {
  for (const room of Object.keys(arrows)) assert(existsSync(join(root, room, "src")), `${room}/src is missing`);
});

test("libraries never read the environment; only programs and the test room do", () => {
  const readers = Object.keys(arrows)
    .filter((room) => room.startsWith("packages/") && room !== "packages/testing")
    .flatMap(sourcesOf)
    .filter((file) => !isTest(file) && /\bprocess\.env\b/.test(readFileSync(join(root, file), "utf8")));

  assert.deepEqual(readers, []);
});
