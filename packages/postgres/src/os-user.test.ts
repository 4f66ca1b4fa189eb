import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePasswd } from "./os-user.ts";

const table = `root:x:0:0:root:/root:/bin/bash
toor:x:0:0:another root:/root:/bin/sh
postgresql:x:7:7::/:/bin/sh
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
broken:x
`;

test("a user is found by the whole name", () => {
  assert.deepEqual(parsePasswd(table, "postgres"), { name: "postgres", uid: 101, gid: 104 });
});

for (const name of ["nobody", "toor", "root", "broken", ""]) {
  test(`${JSON.stringify(name)} is nobody to run as`, () => {
    assert.equal(parsePasswd(table, name), undefined);
  });
}
