import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startTestEngine, type TestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";
import { type BuildkitClient, openBuildkit } from "../client.ts";
import { SolveError } from "../errors.ts";
import { createContentStores } from "../session/content/index.ts";
import { openLayoutOutput } from "../session/content/layout-output.ts";
import { createFileSend } from "../session/file-send/index.ts";
import { createFileSync } from "../session/file-sync/index.ts";
import type { SessionService } from "../session/service.ts";
import { buildWithGateway, type GatewayBuildInput } from "./build-with-gateway.ts";
import type { GatewayClient, GatewaySolveRequest } from "./gateway-client.ts";
import { type GatewayResult, refsOf } from "./gateway-result.ts";
import { linkTargets } from "./link-target.ts";
import { readAttestation, SPDX_PREDICATE } from "./read-attestation.ts";
import { callSubrequest } from "./subrequest.ts";

const BASE = `FROM scratch AS base
COPY --from=base-files busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

/** Dockerfiles by name, served as folders of their own, and the requests that use them. */
interface Files extends Disposable {
  readonly sync: SessionService;
  request(name: string, opt?: Readonly<Record<string, string>>): GatewaySolveRequest;
}

function dockerfiles(base: string, texts: Readonly<Record<string, string>>): Files {
  const root = mkdtempDisposableSync(join(tmpdir(), "frontend-"));
  const folders = Object.entries(texts).map(([name, text]) => {
    const folder = mkdtempDisposableSync(join(root.path, `${name}-`));
    writeFileSync(join(folder.path, "Dockerfile"), text);
    return [name, { path: folder.path }] as const;
  });
  return {
    sync: createFileSync({ context: { path: base }, "base-files": { path: base }, ...Object.fromEntries(folders) }),
    request: (name, opt = {}) => ({
      frontend: "dockerfile.v0",
      frontendOpt: {
        dockerfilekey: name,
        "context:base-files": "local:base-files",
        "force-network-mode": "none",
        ...opt,
      },
    }),
    [Symbol.dispose]: () => root.remove(),
  };
}

/** A registry on loopback with the one image of a layout. */
async function serveLayout(folder: string): Promise<AsyncDisposable & { readonly image: string }> {
  const blob = (digest: string): Buffer => readFileSync(join(folder, "blobs", digest.replace(":", "/")));
  const server = createServer((request, response) => {
    const [, kind, name = ""] = /^\/v2\/scanner\/(manifests|blobs)\/(.+)$/.exec(request.url ?? "") ?? [];
    if (!kind) return response.end();
    const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
    const digest = name === "latest" ? manifests[0].digest : name;
    const data = blob(digest);
    response.setHeader("docker-content-digest", digest);
    response.setHeader("content-length", data.length);
    if (kind === "manifests") response.setHeader("content-type", JSON.parse(data.toString()).mediaType);
    return response.end(request.method === "HEAD" ? undefined : data);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    image: `127.0.0.1:${(server.address() as AddressInfo).port}/scanner`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const kind of await testEngineKinds()) {
  describe(`builds driven from here with ${kind}`, { timeout: 180_000 }, () => {
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

    /** Runs a build only for what `look` finds out in it. */
    async function inBuild<T>(input: GatewayBuildInput, look: (gateway: GatewayClient) => Promise<T>): Promise<T> {
      const { promise, resolve } = Promise.withResolvers<T>();
      await buildWithGateway(client, input, async (gateway) => {
        resolve(await look(gateway));
        return undefined;
      });
      return await promise;
    }

    test("a frontend lints, outlines, lists and describes without building", async () => {
      using files = dockerfiles(base, {
        app: "ARG WHO=you\nFROM scratch as first\nCOPY x /\n# the last\nFROM first AS second\nRUN --mount=type=secret,id=key true\n",
      });
      const answers = await inBuild({ services: [files.sync] }, async (gateway) => {
        const ask = (name: string) => callSubrequest(gateway, name, files.request("app"));
        return [await ask("lint"), await ask("outline"), await ask("targets"), await ask("subrequests.describe")];
      });

      const [lint, outline, targets, describe] = answers.map(({ json }) => JSON.parse(json));
      assert.deepEqual(
        lint.warnings.map(({ ruleName }: { ruleName: string }) => ruleName),
        ["FromAsCasing"],
      );
      assert.equal(answers[0]?.statusCode, 1);
      assert.equal(outline.name, "second");
      assert.deepEqual(outline.secrets[0].name, "key");
      assert.deepEqual(
        targets.targets.map(({ name }: { name: string }) => name),
        ["first", "second"],
      );
      assert.ok(describe.some(({ name }: { name: string }) => name === "frontend.outline"));
      assert.match(answers[2]?.text ?? "", /^TARGET/);
    });

    test("a subrequest that the frontend does not know is told by name", async () => {
      using files = dockerfiles(base, { app: "FROM scratch\n" });
      const asking = inBuild({ services: [files.sync] }, (gateway) =>
        callSubrequest(gateway, "nonsense", files.request("app")),
      );
      await assert.rejects(asking, (error) => {
        assert.ok(error instanceof SolveError, String(error));
        assert.equal(error.facts.unsupportedSubrequest, "frontend.nonsense");
        return true;
      });
    });

    test("one target starts from another, with its files and its settings", async () => {
      using files = dockerfiles(base, {
        base: `${BASE}ENV WHO=base\nRUN echo from-base > /made`,
        app: "FROM app-base\nRUN echo $WHO > /who && cat /made >> /who\nFROM scratch\nCOPY --from=0 /who /who",
      });
      using out = mkdtempDisposableSync(join(tmpdir(), "frontend-out-"));
      await buildWithGateway(
        client,
        {
          exporters: [{ type: "local" }],
          services: [files.sync, createFileSend([{ kind: "folder", path: out.path }])],
        },
        async (gateway) => {
          const result = await gateway.solve(files.request("base"));
          const request = files.request("app", { "context:app-base": "target:base" });
          return await gateway.solve(linkTargets(request, [{ contextName: "app-base", inputName: "base", result }]));
        },
      );
      assert.equal(readFileSync(join(out.path, "who"), "utf8"), "base\nfrom-base\n");
    });

    test("targets of several platforms are linked across builds, each to its own", async () => {
      using files = dockerfiles(base, {
        base: "FROM scratch\nARG TARGETARCH\nCOPY --from=base-files busybox /is-$TARGETARCH",
        app: "FROM app-base\nCOPY busybox /app",
      });
      const platform = { platform: "linux/amd64,linux/arm64" };
      using out = mkdtempDisposableSync(join(tmpdir(), "frontend-out-"));
      const linked = Promise.withResolvers<void>();
      const baseResult = Promise.withResolvers<GatewayResult>();
      const buildBase = buildWithGateway(client, { services: [files.sync] }, async (gateway) => {
        const result = await gateway.solve(files.request("base", platform));
        baseResult.resolve(result);
        await linked.promise;
        return result;
      });
      await buildWithGateway(
        client,
        {
          exporters: [{ type: "local" }],
          services: [files.sync, createFileSend([{ kind: "folder", path: out.path }])],
        },
        async (gateway) => {
          const request = files.request("app", { ...platform, "context:app-base": "target:base" });
          const result = await baseResult.promise;
          return await gateway.solve(linkTargets(request, [{ contextName: "app-base", inputName: "base", result }]));
        },
      );
      linked.resolve();
      await buildBase;
      assert.ok(existsSync(join(out.path, "linux_amd64/is-amd64")));
      assert.ok(existsSync(join(out.path, "linux_arm64/is-arm64")));
      assert.ok(existsSync(join(out.path, "linux_arm64/app")));
    });

    test("a target without files can be started from, too", async () => {
      using files = dockerfiles(base, {
        empty: "FROM scratch\nENV A=b",
        app: "FROM nothing\nCOPY busybox /b\nENV B=$A",
      });
      const names = await inBuild({ services: [files.sync] }, async (gateway) => {
        const result = await gateway.solve(files.request("empty"));
        assert.deepEqual(refsOf(result), []);
        const link = { contextName: "nothing", inputName: "empty", result };
        const app = await gateway.solve(linkTargets(files.request("app"), [link]));
        assert.match(Buffer.from(app.metadata["containerimage.config"] ?? []).toString(), /"B=b"/);
        const [ref] = refsOf(app);
        assert.ok(ref);
        return (await gateway.readDir(ref, "/")).map(({ path }) => path);
      });
      assert.deepEqual(names, ["b"]);
    });

    test("files of a result are read whole, in part and by name", async () => {
      using files = dockerfiles(base, {
        app: `${BASE}RUN mkdir /d && seq 1 2000000 > /d/big && echo hello > /d/small && ln -s small /d/link`,
      });
      await inBuild({ services: [files.sync] }, async (gateway) => {
        const [ref] = refsOf(await gateway.solve(files.request("app")));
        assert.ok(ref);
        assert.equal(Buffer.from(await gateway.readFile(ref, "/d/small")).toString(), "hello\n");
        const part = await gateway.readFile(ref, "/d/small", { offset: 1, length: 3 });
        assert.equal(Buffer.from(part).toString(), "ell");
        const big = Buffer.from(await gateway.readFile(ref, "/d/big"));
        const { size } = await gateway.statFile(ref, "/d/big");
        assert.equal(BigInt(big.length), size);
        assert.ok(big.toString().endsWith("\n2000000\n"));
        await assert.rejects(gateway.readFile(ref, "/d/big", { maxBytes: 1000 }), { code: "result_file_too_large" });
        const names = (await gateway.readDir(ref, "/d")).map(({ path }) => path);
        assert.deepEqual(names.sort(), ["big", "link", "small"]);
        assert.deepEqual(
          (await gateway.readDir(ref, "/d", "s*")).map(({ path }) => path),
          ["small"],
        );
        await assert.rejects(gateway.statFile(ref, "/d/none"), /no such file/);
      });
    });

    test("a bill of materials is read from the engine, by platform", async () => {
      using files = dockerfiles(base, {
        scanner: `${BASE}COPY <<'END' /scan
for name in sbom extra; do
  echo '{"predicateType": "${SPDX_PREDICATE}", "predicate": {"name": "'$name'"}}' \\
    > $BUILDKIT_SCAN_DESTINATION/$name.spdx.json
done
END
ENTRYPOINT ["/bin/sh", "/scan"]`,
        app: "FROM scratch\nCOPY busybox /b",
      });
      using folder = mkdtempDisposableSync(join(tmpdir(), "scanner-"));
      const output = openLayoutOutput(folder.path);
      const services = [files.sync, createContentStores({ [output.storeId]: output.store })];
      const exporters = [{ type: "oci", attrs: { tar: "false" } }];
      const { exporterResponse } = await buildWithGateway(client, { exporters, services }, (gateway) =>
        gateway.solve(files.request("scanner")),
      );
      await output.finish(exporterResponse);
      await using registry = await serveLayout(folder.path);

      const attrs = { "attest:sbom": `generator=${registry.image}` };
      const names = await inBuild({ services: [files.sync], frontendAttrs: attrs }, async (gateway) => {
        const platform = { platform: "linux/amd64", "multi-platform": "true" };
        const { attestations = {} } = await gateway.solve(files.request("app", { ...attrs, ...platform }));
        const boms = (attestations["linux/amd64"] ?? []).filter(
          ({ predicateType }) => predicateType === SPDX_PREDICATE,
        );
        assert.equal(boms.length, 1);
        return await Promise.all(boms.map((bom) => readAttestation(gateway, bom)));
      });
      assert.deepEqual(
        names.flat().map(({ name, data }) => [name, JSON.parse(Buffer.from(data).toString()).predicate.name]),
        [
          ["sbom.spdx.json", "sbom"],
          ["extra.spdx.json", "extra"],
        ],
      );
    });

    test("a step that fails in a driven build tells where in the Dockerfile", async () => {
      using files = dockerfiles(base, { app: `${BASE}RUN exit 7` });
      for (const evaluate of [false, true]) {
        const building = buildWithGateway(client, { services: [files.sync] }, (gateway) =>
          gateway.solve({ ...files.request("app"), evaluate }),
        );
        await assert.rejects(building, (error) => {
          assert.ok(error instanceof SolveError, String(error));
          assert.equal(error.facts.exitCode, 7);
          assert.equal(error.facts.sources.at(-1)?.ranges[0]?.start.line, 4);
          return true;
        });
      }
    });

    test("what the callback throws ends the build on the engine and is thrown here", async () => {
      using files = dockerfiles(base, { app: "FROM scratch\nCOPY busybox /" });
      const reason = new Error("changed my mind");
      const building = buildWithGateway(client, { ref: "refused-build", services: [files.sync] }, async (gateway) => {
        await gateway.solve(files.request("app"));
        throw reason;
      });
      await assert.rejects(building, (error) => error === reason);
    });

    test("an abort stops a driven build within a second", async () => {
      using files = dockerfiles(base, { app: `${BASE}RUN sleep 60` });
      const abort = new AbortController();
      const reason = new Error("enough");
      let abortedAt = 0;
      const building = buildWithGateway(
        client,
        { services: [files.sync] },
        (gateway) => gateway.solve({ ...files.request("app"), evaluate: true }),
        {
          signal: abort.signal,
          onStatus: ({ vertexes }) => {
            if (!vertexes.some(({ name, started, completed }) => /sleep/.test(name) && started && !completed)) return;
            abortedAt ||= performance.now();
            abort.abort(reason);
          },
        },
      );
      await assert.rejects(building, (error) => error === reason);
      assert.ok(performance.now() - abortedAt < 1_000);
    });
  });
}
