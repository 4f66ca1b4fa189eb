import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { startTestEngine, type TestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";
import { type BuildkitClient, openBuildkit } from "../../client.ts";
import { type SolveOptions, type SolveResult, solve } from "../../solve.ts";
import type { SolveInput } from "../../solve-input.ts";
import { createFileSend } from "../file-send/index.ts";
import { createFileSync } from "../file-sync/index.ts";
import { createUpload } from "../upload.ts";
import { createContentStores } from "./index.ts";
import { openLayoutOutput } from "./layout-output.ts";
import { prepareLocalCaches } from "./local-caches.ts";
import { openOciLayout, readOciLayoutReference } from "./oci-layout-context.ts";

const BASE = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

for (const kind of await testEngineKinds()) {
  describe(`content stores and uploads with ${kind}`, { timeout: 180_000 }, () => {
    let engine: TestEngine;
    let client: BuildkitClient;
    let base: string;

    before(async () => {
      [engine, base] = await Promise.all([startTestEngine({ kind }), testBaseImage()]);
      client = await openBuildkit(engine.endpoint);
    });
    after(async () => {
      await client?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
    });

    async function build(dockerfile: string, input: SolveInput = {}, options: SolveOptions = {}): Promise<SolveResult> {
      using folder = mkdtempDisposableSync(join(tmpdir(), "content-"));
      writeFileSync(join(folder.path, "Dockerfile"), dockerfile);
      const sync = createFileSync({ context: { path: base }, dockerfile: { path: folder.path } });
      return await solve(
        client,
        {
          frontend: "dockerfile.v0",
          ...input,
          frontendAttrs: { "force-network-mode": "none", ...input.frontendAttrs },
          services: [sync, ...(input.services ?? [])],
        },
        options,
      );
    }

    test("an image goes into a layout folder, and a build starts from it there", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "layout-"));
      const layout = join(folder.path, "new/layout");
      const output = openLayoutOutput(layout);
      const { exporterResponse } = await build(`${BASE}ENV WHO=layout\nRUN echo hello > /hello`, {
        exporters: [{ type: "oci", attrs: { tar: "false", name: "example.com/app:v1,example.com/app:v2" } }],
        services: [createContentStores({ [output.storeId]: output.store })],
      });
      await output.finish(exporterResponse);
      const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
      assert.deepEqual(
        index.manifests.map(
          ({ annotations }: { annotations: Record<string, string> }) =>
            annotations["org.opencontainers.image.ref.name"],
        ),
        ["v1", "v2"],
      );
      assert.deepEqual(readdirSync(join(layout, "ingest")), []);

      for (const reference of [`oci-layout://${layout}:v2`, `oci-layout://${layout}@${index.manifests[0].digest}`]) {
        const parsed = readOciLayoutReference(reference);
        assert.ok(parsed);
        const context = await openOciLayout(parsed);
        const out = join(folder.path, `out-${parsed.tag}`);
        await build("FROM given AS use\nRUN echo $WHO >> /hello\nFROM scratch\nCOPY --from=use /hello /", {
          frontendAttrs: { "context:given": context.attribute },
          exporters: [{ type: "local" }],
          services: [
            createContentStores({ [context.storeId]: context.store }),
            createFileSend([{ kind: "folder", path: out }]),
          ],
        });
        assert.equal(readFileSync(join(out, "hello"), "utf8"), "hello\nlayout\n");
      }
    });

    test("a cache in a folder spares a step in an engine that has forgotten it", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "cache-"));
      const dest = join(folder.path, "cache");
      const dockerfile = `${BASE}RUN head -c 16 /dev/urandom | od -An -tx1 > /random\nFROM scratch\nCOPY --from=base /random /`;
      const results: string[] = [];
      const cachedSteps: string[] = [];
      for (const pass of [1, 2, 3]) {
        const out = join(folder.path, `out-${pass}`);
        const caches = await prepareLocalCaches({
          cacheExports: pass < 3 ? [{ type: "local", attrs: { dest, mode: "max" } }] : [],
          cacheImports: [{ type: "local", attrs: { src: dest } }],
        });
        assert.equal(caches.skipped.length, pass === 1 ? 1 : 0, JSON.stringify(caches.skipped));
        const { cacheImports, cacheExports, stores } = caches;
        const { exporterResponse } = await build(
          dockerfile,
          {
            ...{ cacheImports, cacheExports },
            exporters: [{ type: "local" }],
            services: [createContentStores(stores), createFileSend([{ kind: "folder", path: out }])],
          },
          {
            onStatus: ({ vertexes }) => {
              for (const { name, cached } of vertexes) if (cached && pass === 3) cachedSteps.push(name);
            },
          },
        );
        await caches.finish(exporterResponse);
        results.push(readFileSync(join(out, "random"), "utf8"));
        await Array.fromAsync(client.prune({ all: true }));
      }
      assert.equal(new Set(results).size, 1);
      assert.ok(
        cachedSteps.some((name) => name.includes("urandom")),
        cachedSteps.join("\n"),
      );
      assert.deepEqual(readdirSync(join(dest, "ingest")), []);
      assert.equal(JSON.parse(readFileSync(join(dest, "index.json"), "utf8")).manifests.length, 1);
    });

    test("a build that fails leaves no half written blob in its cache folder", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "cache-"));
      const caches = await prepareLocalCaches({ cacheExports: [{ type: "local", attrs: { dest: folder.path } }] });
      const failing = build(`${BASE}RUN false`, {
        cacheExports: caches.cacheExports,
        services: [createContentStores(caches.stores)],
      });
      await assert.rejects(failing);
      assert.ok(!existsSync(join(folder.path, "ingest")) || readdirSync(join(folder.path, "ingest")).length === 0);
    });

    test("a context comes as a tar from a stream, compressed too, and a Dockerfile alone", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "upload-"));
      const context = join(folder.path, "context");
      mkdirSync(join(context, "sub"), { recursive: true });
      writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . /");
      writeFileSync(join(context, "sub/large"), Buffer.alloc(5_000_000, "x"));
      for (const flags of ["-c", "-cz"]) {
        const archive = join(folder.path, `context${flags}.tar`);
        execFileSync("tar", ["-C", context, flags, "-f", archive, "."]);
        const out = join(folder.path, `out${flags}`);
        const upload = createUpload(createReadStream(archive));
        await solve(client, {
          frontend: "dockerfile.v0",
          frontendAttrs: { context: upload.url },
          exporters: [{ type: "local" }],
          services: [upload.service, createFileSend([{ kind: "folder", path: out }])],
        });
        assert.equal(readFileSync(join(out, "sub/large")).length, 5_000_000);
      }
      const upload = createUpload(Readable.from(["FROM scratch\n", "ENV A=b\n"]));
      await solve(client, {
        frontend: "dockerfile.v0",
        frontendAttrs: { context: upload.url },
        services: [upload.service],
      });
    });
  });
}
