import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Digest, parseIndex, parseNormalizedReference } from "@opendepot/oci";
import {
  startTestRegistry,
  TestClient,
  type TestDescriptor,
  type TestRegistryServer,
} from "@opendepot/registry/testing";
import { startRegistry } from "@opendepot/testing";
import { copyImage } from "./copy-image.ts";
import { openRegistry, type RegistryRepository } from "./repository.ts";

const SIGNATURE = "application/vnd.example.signature";
const SBOM = "application/vnd.example.sbom";

interface Place {
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
}

function open({ host, username = "", password = "" }: Place, path: string): Promise<RegistryRepository> {
  const reference = parseNormalizedReference(`${host}/${path}`);
  const lookup = async () =>
    username === "" ? undefined : { username, password, identityToken: "", registryToken: "" };
  return openRegistry({ reference, access: "push", credentials: { lookup } });
}

/** What refers to it, as the registry itself lists it, with what is known of each. */
async function listed(to: RegistryRepository, { digest }: TestDescriptor): Promise<string[]> {
  const { manifests } = await to.referrers(digest as Digest);
  return manifests.map((one) => `${one.artifactType} ${one.digest} ${one.annotations?.["by"] ?? ""}`.trim()).sort();
}

suite("what refers to an image", () => {
  let source: TestRegistryServer;
  let from: RegistryRepository;
  let client: TestClient;
  let index: TestDescriptor;
  let amd64: TestDescriptor;
  let attestation: TestDescriptor;
  let signature: TestDescriptor;
  let bom: TestDescriptor;
  let signedBom: TestDescriptor;

  before(async () => {
    source = await startTestRegistry();
    client = new TestClient(source);
    from = await open(source, "project");
    const attach = (subject: TestDescriptor, artifactType: string) =>
      client.pushImage("project", undefined, { subject, artifactType, annotations: { by: "ann" } });
    amd64 = await client.pushImage("project");
    const arm64 = await client.pushImage("project");
    attestation = await attach(amd64, "application/vnd.in-toto+json");
    index = await client.pushIndex("project", "build-1", [amd64, attestation, arm64]);
    signature = await attach(index, SIGNATURE);
    bom = await attach(amd64, SBOM);
    signedBom = await attach(bom, SIGNATURE);
    const other = await client.pushImage("project", "build-2");
    await attach(other, SIGNATURE);
  });
  after(async () => {
    await from[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const expected = () => ({
    ofIndex: [`${SIGNATURE} ${signature.digest} ann`],
    ofBom: [`${SIGNATURE} ${signedBom.digest} ann`],
  });

  test("stays behind unless it is asked for", async () => {
    await using registry = await startTestRegistry();
    await using to = await open(registry, "acme/app");

    const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0"] });

    assert.equal(copied.referrers, 0);
    assert.deepEqual(await listed(to, index), []);
  });

  test("goes along to a registry that lists it by itself, and nothing else does", async () => {
    await using registry = await startTestRegistry();
    await using to = await open(registry, "acme/app");
    const copying = { from, to, reference: "build-1", withReferrers: true };

    const copied = await copyImage({ ...copying, tags: ["1.0"] });
    const again = await copyImage({ ...copying, tags: ["2.0"] });

    assert.deepEqual([copied.referrers, again.referrers, again.sentBytes], [3, 3, 0]);
    assert.deepEqual(await listed(to, index), expected().ofIndex);
    assert.deepEqual(await listed(to, bom), expected().ofBom);
    const { images } = await registry.registry.images.list("acme/app");
    assert.deepEqual(images.map(({ tag, digest }) => `${tag} ${digest}`).sort(), [
      `1.0 ${index.digest}`,
      `2.0 ${index.digest}`,
    ]);
    const tags = await new TestClient(registry).send("GET", "/v2/acme/app/tags/list");
    assert.deepEqual(JSON.parse(tags.body.toString()).tags, ["1.0", "2.0"]);
  });

  test("goes along within one registry without its bytes", async () => {
    await using to = await open(source, "other/app");

    const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0"], withReferrers: true });

    assert.deepEqual([copied.referrers, copied.sentBytes], [3, 0]);
    assert.deepEqual(await listed(to, index), expected().ofIndex);
  });

  test("is noted under a tag where the registry does not list it, beside what is there already", async () => {
    await using registry = await startRegistry();
    await using to = await open(registry, "acme/app");
    const copying = { from, to, reference: "build-1", withReferrers: true };

    await copyImage({ ...copying, tags: ["1.0"] });
    await copyImage({ ...copying, tags: ["1.0"] });

    assert.equal((await to.referrers(index.digest as Digest)).keptBy, "clients");
    assert.deepEqual(await listed(to, index), expected().ofIndex);
    assert.deepEqual(await listed(to, bom), expected().ofBom);
    // What the image lists by itself is found there, and needs no tag.
    assert.deepEqual(await listed(to, amd64), [`${SBOM} ${bom.digest} ann`]);
    const { tags } = (await (await fetch(`${registry.url}/v2/acme/app/tags/list`)).json()) as { tags: string[] };
    const kept = [index, amd64, bom].map(({ digest }) => digest.replace(":", "-"));
    assert.deepEqual(tags.sort(), ["1.0", ...kept].sort());

    const later = await client.pushImage("project", undefined, { subject: index, artifactType: SBOM });
    await copyImage({ ...copying, tags: ["1.0"] });
    assert.deepEqual(await listed(to, index), [...expected().ofIndex, `${SBOM} ${later.digest}`].sort());
    const tag = await to.manifest(index.digest.replace(":", "-"));
    assert.equal(parseIndex(tag?.bytes ?? new Uint8Array()).manifests.length, 2);
  });

  test("is found again where clients have noted it", async () => {
    await using middle = await startRegistry();
    await using end = await startTestRegistry();
    await using between = await open(middle, "acme/app");
    await using to = await open(end, "acme/app");
    await copyImage({ from, to: between, reference: "build-1", tags: ["1.0"], withReferrers: true });

    const copied = await copyImage({ from: between, to, reference: "1.0", tags: ["1.0"], withReferrers: true });

    assert(copied.referrers >= 3);
    assert.deepEqual(await listed(to, bom), expected().ofBom);
    assert.deepEqual(await listed(to, attestation), []);
  });
});
