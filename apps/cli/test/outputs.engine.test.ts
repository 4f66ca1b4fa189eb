import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { prepareTestTools, runProgram, startRegistry, testEngineKinds } from "@opendepot/testing";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const FILES = `${BASE}RUN mkdir -p /out/sub && echo one > /out/one.txt && chmod 640 /out/one.txt && ln -s ../one.txt /out/sub/link && ln /out/one.txt /out/hard\nFROM scratch AS files\nCOPY --from=base /out /\n`;
const SMALL = "FROM scratch\nCOPY Dockerfile /\n";

for (const engine of await testEngineKinds()) {
  suite(`the ways out of depot build on ${engine}`, () => {
    let depot: TestDepot;
    before(async () => {
      depot = await openDepot(engine);
    });
    after(() => depot[Symbol.asyncDispose]());

    test("several outputs of one build are written at once", async () => {
      await using registry = await startRegistry();
      await using context = await openContext({ Dockerfile: FILES });
      const image = `${registry.host}/several:1`;
      const outputs = ["type=local,dest=folder", "type=tar,dest=files.tar", "type=oci,dest=image.tar", `type=registry`];

      await depot.build(["-t", image, ...outputs.flatMap((output) => ["-o", output]), "."], { cwd: context.path });

      const folder = join(context.path, "folder");
      assert.deepEqual((await readdir(folder, { recursive: true })).sort(), ["hard", "one.txt", "sub", "sub/link"]);
      assert.equal((await stat(join(folder, "one.txt"))).mode & 0o777, 0o640);
      assert.equal((await stat(join(folder, "one.txt"))).ino, (await stat(join(folder, "hard"))).ino);
      assert.equal(await readFile(join(folder, "sub/link"), "utf8"), "one\n");
      const listed = await runProgram(["tar", "-tf", join(context.path, "files.tar")]);
      assert.match(listed.stdout, /sub\/link/);
      const { skopeo } = await prepareTestTools();
      const inspect = async (place: string): Promise<unknown> => {
        const { stdout, stderr } = await runProgram([
          skopeo,
          "inspect",
          "--tls-verify=false",
          "--config",
          "--raw",
          place,
        ]);
        assert.notEqual(stdout, "", stderr);
        return JSON.parse(stdout);
      };
      const stored = await inspect(`oci-archive:${join(context.path, "image.tar")}`);
      assert.deepEqual(await inspect(`docker://${image}`), stored);
    });

    test("a tar of the files comes out of standard output", async () => {
      await using context = await openContext({ Dockerfile: FILES });
      const { stdoutBytes } = await depot.build(["-o", "-", "."], { cwd: context.path });
      await writeFile(join(context.path, "out.tar"), stdoutBytes);
      const read = await runProgram(["tar", "-xOf", join(context.path, "out.tar"), "hard"]);
      assert.equal(read.stdout, "one\n");
    });

    test("tar=false writes an OCI layout, to which another build adds its image", async () => {
      await using context = await openContext({ Dockerfile: SMALL });
      const { skopeo } = await prepareTestTools();
      const layout = join(context.path, "layout");

      await depot.build(["-o", "type=oci,tar=false,dest=layout,name=a/b:one", "."], { cwd: context.path });
      await depot.build(["--label", "second=1", "-o", "type=oci,tar=false,dest=layout,name=a/b:two", "."], {
        cwd: context.path,
      });

      const { manifests } = JSON.parse(await readFile(join(layout, "index.json"), "utf8")) as { manifests: object[] };
      assert.equal(manifests.length, 2, JSON.stringify(manifests));
      for (const tag of ["one", "two"]) {
        const read = await runProgram([skopeo, "inspect", "--raw", `oci:${layout}:${tag}`]);
        assert.equal(read.code, 0, read.stderr);
      }
      assert.equal(await readFile(join(layout, "oci-layout"), "utf8"), '{"imageLayoutVersion":"1.0.0"}');
    });

    test("mode=delete leaves in the folder what the build made and nothing else", async () => {
      await using context = await openContext({ Dockerfile: FILES, "out/stale/file": "old", "out/one.txt": "old" });

      const mirrored = await depot.run(["build", "-o", "type=local,dest=out,mode=delete", "."], { cwd: context.path });
      const refused = await depot.run(["build", "-o", "type=local,dest=..,mode=delete", "."], { cwd: context.path });

      const names = (await readdir(join(context.path, "out"))).sort();
      if (engine === "buildkitd") {
        assert.equal(mirrored.code, 0, mirrored.stderr);
        assert.deepEqual(names, ["hard", "one.txt", "sub"]);
        assert.equal(await readFile(join(context.path, "out/one.txt"), "utf8"), "one\n");
      } else if (mirrored.code !== 0) {
        // Older engines do not tell what they made; then nothing is removed.
        assert.match(mirrored.stderr, /the engine is too old for mode=delete/);
        assert.deepEqual(names, ["one.txt", "stale"]);
      }
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /--allow=buildx\.local\.delete/);
    });

    test("a failed build leaves nothing at the destination", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN exit 1\n` });
      const args = ["-o", "type=local,dest=a", "-o", "type=oci,dest=b.tar", "-o", "type=oci,tar=false,dest=c"];

      const { code } = await depot.run(["build", ...args, "--iidfile", "iid", "--metadata-file", "meta", "."], {
        cwd: context.path,
      });

      assert.equal(code, 1);
      assert.deepEqual((await readdir(context.path)).sort(), ["Dockerfile", "busybox"]);
    });

    test("annotations reach the level that they name", async () => {
      await using context = await openContext({ Dockerfile: SMALL });
      const annotations = ["plain=p", "index:at=index", "manifest:at=manifest", "index-descriptor:at=top"];
      const flags = [...annotations, "manifest-descriptor[linux/amd64]:at=entry"].flatMap((one) => [
        "--annotation",
        one,
      ]);
      const output = "type=oci,tar=false,dest=layout";

      await depot.build(["--provenance=true", ...flags, "-o", output, "."], { cwd: context.path });

      const read = async (digest: string): Promise<Annotated> =>
        JSON.parse(await readFile(join(context.path, "layout/blobs", digest.replace(":", "/")), "utf8"));
      const top = JSON.parse(await readFile(join(context.path, "layout/index.json"), "utf8")) as Annotated;
      const [entry] = top.manifests ?? [];
      const index = await read(entry?.digest ?? "");
      const [first] = index.manifests ?? [];
      const manifest = await read(first?.digest ?? "");
      assert.equal(entry?.annotations?.["at"], "top");
      assert.equal(index.annotations?.["at"], "index");
      assert.equal(first?.annotations?.["at"], "entry");
      assert.deepEqual(manifest.annotations, { at: "manifest", plain: "p" });
    });

    test("the image ID and the metadata are written with buildx's keys", async () => {
      await using context = await openContext({ Dockerfile: SMALL });
      const files = ["--iidfile", "iid", "--metadata-file", "meta.json"];

      await depot.build([...files, "-t", "a/b:1", "-o", "type=oci,dest=image.tar", "."], { cwd: context.path });

      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8")) as Record<string, unknown>;
      assert.deepEqual(
        Object.keys(metadata).filter((key) => key !== "buildx.build.provenance"),
        [
          "buildx.build.ref",
          "containerimage.config.digest",
          "containerimage.descriptor",
          "containerimage.digest",
          "depot.build",
          "image.name",
        ],
      );
      const id = await readFile(join(context.path, "iid"), "utf8");
      assert.equal(id, metadata["containerimage.config.digest"]);
      assert.equal(metadata["image.name"], "docker.io/a/b:1");
    });

    test("SOURCE_DATE_EPOCH makes the same image twice, of that time", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN echo x > /made\n` });
      const env = { SOURCE_DATE_EPOCH: "1700000000" };
      const build = async (name: string): Promise<string> => {
        const output = `type=oci,tar=false,dest=${name},rewrite-timestamp=true`;
        await depot.build(["--no-cache", "--iidfile", `${name}.id`, "-o", output, "."], { cwd: context.path, env });
        return await readFile(join(context.path, `${name}.id`), "utf8");
      };

      const [first, second] = [await build("first"), await build("second")];

      assert.equal(first, second);
      const config = await readFile(join(context.path, "first/blobs", first.replace(":", "/")), "utf8");
      assert.equal((JSON.parse(config) as { created: string }).created, "2023-11-14T22:13:20Z");
    });

    test("SBOMs of a generator are written as files", async () => {
      await using registry = await startRegistry();
      const document =
        '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","name":"made"}}';
      const scanner = `#!/bin/sh\necho '${document}' > "$BUILDKIT_SCAN_DESTINATION/made.spdx.json"\n`;
      const generator = `${registry.host}/scanner:1`;
      await using tool = await openContext({
        Dockerfile: `${BASE}COPY --chmod=755 scan /scan\nENTRYPOINT ["/scan"]\n`,
        scan: scanner,
      });
      await depot.build(["--push", "-t", generator, "."], { cwd: tool.path });
      await using context = await openContext({ Dockerfile: SMALL });
      const asked = ["--sbom", `generator=${generator}`, "--sbom-dir", "sboms"];
      const pushed = ["--push", "-t", `${registry.host}/app:1`, "--metadata-file", "meta.json"];

      await depot.build([...asked, "."], { cwd: context.path });
      await depot.build([...asked, "--sbom-dir", "of-pushed", ...pushed, "."], { cwd: context.path });

      const { "containerimage.digest": digest } = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      const head = await fetch(`${registry.url}/v2/app/manifests/1`, { method: "HEAD", headers: { accept: INDEX } });
      assert.equal(head.headers.get("docker-content-digest"), digest);
      assert.deepEqual(await readdir(join(context.path, "of-pushed")), ["linux_amd64.spdx.json"]);
      assert.deepEqual(await readdir(join(context.path, "sboms")), ["linux_amd64.spdx.json"]);
      const written = JSON.parse(await readFile(join(context.path, "sboms/linux_amd64.spdx.json"), "utf8"));
      assert.deepEqual(written, { spdxVersion: "SPDX-2.3", name: "made" });
    });
  });
}

const INDEX = "application/vnd.oci.image.index.v1+json";

interface Annotated {
  readonly annotations?: Record<string, string>;
  readonly digest?: string;
  readonly manifests?: readonly Annotated[];
}
