import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseSecrets } from "./secrets.ts";

test("every spelling of buildx is read", () => {
  assert.deepEqual(parseSecrets(["id=a,src=f"]), [{ id: "a", path: "f", env: undefined }]);
  assert.deepEqual(parseSecrets(["source=f,ID=a"]), [{ id: "a", path: "f", env: undefined }]);
  assert.deepEqual(parseSecrets(["type=env,id=a,env=B"]), [{ id: "a", path: undefined, env: "B" }]);
  assert.deepEqual(parseSecrets(["type=env,id=a,src=B"]), [{ id: "a", env: "B" }]);
  assert.deepEqual(parseSecrets(['id=a,"src=with,comma"', ""]), [{ id: "a", path: "with,comma", env: undefined }]);
});

test("the last one of an id wins", () => {
  assert.deepEqual(
    parseSecrets(["id=a,src=1", "id=b,src=2", "id=a,src=3"]).map(({ id, path }) => `${id}${path}`),
    ["a3", "b2"],
  );
});

for (const bad of ["src=x", "id=", "id=a,src", "id=a,file=x", "type=vault,id=a", 'id="a']) {
  test(`${bad} is refused`, () =>
    assert.throws(
      () => parseSecrets([bad]),
      (error) => isProblem(error, "secret_invalid"),
    ));
}

test("a value behind an unknown key is not repeated in the error", () => {
  assert.throws(
    () => parseSecrets(["id=a,value=hunter2"]),
    (error) => isProblem(error) && !/hunter2/.test(error.message),
  );
});
