import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, systemClock } from "@opendepot/base";
import { type Descriptor, digestOf, MediaType, makeIndex, parseNormalizedReference } from "@opendepot/oci";
import { copyImage } from "./copy-image.ts";
import { openRegistry, type RegistryRepository } from "./repository.ts";
import { FakeRegistry, type Override } from "./testing/index.ts";

const clock = { now: systemClock.now, sleep: async () => undefined };
const subject = digestOf(Buffer.from("the image"));

function open({ host }: FakeRegistry, path = "acme/app"): Promise<RegistryRepository> {
  return openRegistry({ reference: parseNormalizedReference(`${host}/${path}`), access: "push", clock });
}

const referrer = (name: string): Descriptor => ({
  ...{ mediaType: MediaType.ociManifest, digest: digestOf(Buffer.from(name)), size: 9, artifactType: "a/signature" },
});

/** Lists `pages` one after the other, the first one without a query. */
function listing(pages: ReadonlyArray<readonly Descriptor[]>, next = (at: number) => `?last=${at}`): Override {
  return ({ path }, response) => {
    if (!path.includes("/referrers/")) return false;
    const at = Number(/\?last=(\d+)/.exec(path)?.[1] ?? 0);
    const link = at + 1 < pages.length ? { link: `<${next(at + 1)}>; rel="next"` } : {};
    response.writeHead(200, { "content-type": MediaType.ociIndex, ...link });
    response.end(makeIndex(pages[at] ?? []).bytes);
    return true;
  };
}

test("a list of several pages is read to its end", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push(listing([[referrer("one")], [], [referrer("two")]]));
  await using repository = await open(registry);

  const { manifests, keptBy } = await repository.referrers(subject);

  assert.equal(keptBy, "registry");
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [referrer("one").digest, referrer("two").digest],
  );
});

test("a list without end is not followed for ever, and one that leads elsewhere takes no credentials there", async () => {
  await using registry = await FakeRegistry.start();
  await using elsewhere = await FakeRegistry.start();
  const lookup = async () => ({ username: "ann", password: "s3cret", identityToken: "", registryToken: "" });
  registry.access = { kind: "basic", username: "ann", password: "s3cret" };
  const reference = parseNormalizedReference(`${registry.host}/acme/app`);
  await using repository = await openRegistry({ reference, clock, credentials: { lookup } });
  const pages = Array.from({ length: 100_000 }, () => []);
  registry.overrides[0] = listing(pages);

  await assert.rejects(repository.referrers(subject), (error) => isProblem(error, "registry_answer_invalid"));
  assert(registry.seen.length < 200, String(registry.seen.length));
  await repository.hasBlob(subject); // it has learned to log in
  registry.overrides[0] = listing(pages, () => `http://${elsewhere.host}/v2/acme/app/referrers/${subject}`);
  await repository.referrers(subject);

  assert(elsewhere.seen.length > 0);
  assert(elsewhere.seen.every(({ authorization }) => authorization === undefined));
});

test("a page that is no list, as some registries have for any path, is none", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push(({ path }, response) => {
    if (!path.includes("/referrers/")) return false;
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>welcome</h1>");
    return true;
  });
  await using repository = await open(registry);

  assert.deepEqual(await repository.referrers(subject), { manifests: [], keptBy: "clients" });
});

test("a tag in the place of the list that is something else is left alone and told", async () => {
  await using registry = await FakeRegistry.start();
  const bytes = Buffer.from("{}");
  registry.manifests.set(subject.replace(":", "-"), { mediaType: MediaType.ociManifest, bytes });
  await using repository = await open(registry);

  const isTold = (error: unknown): boolean =>
    isProblem(error, "registry_answer_invalid") && /no list/.test(error.message);
  await assert.rejects(repository.referrers(subject), isTold);
  await assert.rejects(repository.addReferrers(subject, [referrer("one")]), isTold);
  assert.equal(registry.log.filter((line) => line.startsWith("PUT")).length, 0);
});

test("the tag is written when the image and what refers to it are there, and the list of it", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  const config = { mediaType: MediaType.ociConfig, digest: source.addBlob(Buffer.from("{}")), size: 2 };
  const put = (more: object, tag?: string): Descriptor => {
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [], ...more };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    for (const name of [digest, tag ?? digest]) source.manifests.set(name, { mediaType: manifest.mediaType, bytes });
    return { mediaType: manifest.mediaType, digest, size: bytes.length };
  };
  const image = put({}, "build-1");
  const signature = put({ subject: image, artifactType: "a/signature" });
  source.overrides.push((request, response) => {
    const isAsked = request.path.endsWith(`/referrers/${image.digest}`);
    return isAsked ? listing([[signature]])(request, response) : false;
  });
  await using from = await open(source);
  await using to = await open(target);

  await copyImage({ from, to, reference: "build-1", tags: ["1.0"], withReferrers: true });

  const puts = target.log.flatMap((line) => /^PUT .*\/manifests\/(.*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(puts, [image.digest, signature.digest, image.digest.replace(":", "-"), "1.0"]);
});
