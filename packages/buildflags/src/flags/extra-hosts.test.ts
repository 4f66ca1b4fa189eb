import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseExtraHosts } from "./extra-hosts.ts";

test("hosts are written as the frontend takes them", () => {
  assert.equal(
    parseExtraHosts(["db:10.0.0.5", "six=[::1]", "seven:::1", "a:1.1.1.1,b:2.2.2.2"]),
    "db=10.0.0.5,six=::1,seven=::1,a=1.1.1.1,b=2.2.2.2",
  );
  assert.equal(parseExtraHosts(['"both=1.1.1.1,::1"']), "both=1.1.1.1,both=::1");
  assert.equal(parseExtraHosts([]), "");
});

for (const bad of ["db", "db:", ":1.1.1.1", "db:example", "db:host-gateway", "", "db=1.1.1.1,2.2.2.2"]) {
  test(`${JSON.stringify(bad)} is refused`, () => {
    assert.throws(
      () => parseExtraHosts([bad]),
      (error) => isProblem(error, "flag_value_invalid"),
    );
  });
}
