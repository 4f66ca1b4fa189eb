import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

suite("tags", () => {
  let server: TestRegistryServer;
  let client: TestClient;
  const tags = ["B", "a", "a.1", "a_1", "b", "latest", "v10", "v2"];

  before(async () => {
    server = await startTestRegistry({ limits: { maxPageSize: 5 } });
    client = new TestClient(server);
    for (const tag of tags.toReversed()) await client.pushImage("shop/web", tag);
  });
  after(() => server[Symbol.asyncDispose]());

  const list = async (query: string) => {
    const answer = await client.send("GET", `/v2/shop/web/tags/list${query}`);
    return { ...answer, tags: JSON.parse(answer.body.toString()).tags, link: answer.headers.get("link") };
  };

  test("come in the order of their bytes, page by page as the Link says", async () => {
    const seen: string[] = [];
    let path: string | undefined = "/v2/shop/web/tags/list?n=3";
    while (path !== undefined) {
      const answer = await client.send("GET", path);
      const body = JSON.parse(answer.body.toString());
      assert.equal(body.name, "shop/web");
      assert.ok(body.tags.length <= 3);
      seen.push(...body.tags);
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    }

    assert.deepEqual(seen, tags);
  });

  test("begin after a name, be it a tag or not", async () => {
    assert.deepEqual((await list("?last=b")).tags, ["latest", "v10", "v2"]);
    assert.deepEqual((await list("?last=k")).tags, ["latest", "v10", "v2"]);
    assert.deepEqual((await list("?last=zzz")).tags, []);
  });

  test("are bounded, however many are asked for", async () => {
    for (const query of ["", "?n=1000", "?n=99999999999999999999999"]) {
      const { tags: page, link } = await list(query);
      assert.equal(page.length, 5, query);
      assert.match(link ?? "", /n=5&last=b/);
    }
  });

  test("none are asked for, none come", async () => {
    const { status, tags: page, link } = await list("?n=0");

    assert.deepEqual([status, page, link], [200, [], null]);
  });

  test("a number that is none is refused", async () => {
    for (const n of ["-1", "x", "1.5"])
      assert.equal((await client.send("GET", `/v2/shop/web/tags/list?n=${n}`)).status, 400);
  });

  test("of a repository that is not there are an error", async () => {
    const answer = await client.send("GET", "/v2/no/such/tags/list");

    assert.deepEqual([answer.status, answer.code], [404, "NAME_UNKNOWN"]);
  });
});
