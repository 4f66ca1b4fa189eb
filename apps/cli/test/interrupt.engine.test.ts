import assert from "node:assert/strict";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startTestEngine, type TestEngine, testEngineKinds } from "@opendepot/testing";
import { openCuttableWire } from "./cuttable-wire.ts";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";
import { type DepotOptions, runDepot } from "./run-depot.ts";

const LARGE_BYTES = 200_000_000;

const engines = await testEngineKinds();

for (const engine of engines)
  suite(`an interrupted depot build on ${engine}`, () => {
    let depot: TestDepot;
    before(async () => {
      depot = await openDepot(engine);
    });
    after(() => depot[Symbol.asyncDispose]());

    /** Sends a signal once `text` is shown; the build is to be gone within a second. */
    const interrupt = async (
      args: readonly string[],
      { signal, text, ...options }: DepotOptions & { readonly signal: NodeJS.Signals; readonly text: string },
    ): Promise<void> => {
      let killedMs = 0;
      const { code, stderr } = await depot.run(["build", "--progress", "plain", ...args], {
        ...options,
        onStart: async ({ kill, shows }) => {
          await shows(text);
          killedMs = performance.now();
          kill(signal);
        },
      });
      assert(performance.now() - killedMs < 1_000, `${performance.now() - killedMs} ms`);
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`error: canceled \\(${signal}\\)\n$`));
      assert.equal(await depot.newestStatus(), "canceled");
    };

    test("stops while its context is sent", async () => {
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY . /\n", large: "" });
      await truncate(join(context.path, "large"), LARGE_BYTES);
      await interrupt(["."], { cwd: context.path, signal: "SIGTERM", text: "transferring context: " });
    });

    test("stops while its result is received, of which nothing is left", async () => {
      await using context = await openContext({
        Dockerfile: `${BASE}RUN mkdir /out && head -c ${LARGE_BYTES} /dev/urandom > /out/large\nFROM scratch\nCOPY --from=base /out /\n`,
      });
      await depot.build(["-o", "type=image", "."], { cwd: context.path });

      await interrupt(["-o", "type=tar,dest=out.tar", "."], {
        cwd: context.path,
        signal: "SIGINT",
        text: "sending tarball",
      });
      await interrupt(["-o", "type=oci,dest=image.tar", "."], {
        cwd: context.path,
        signal: "SIGHUP",
        text: "exporting layers",
      });

      assert.deepEqual((await readdir(context.path)).sort(), ["Dockerfile", "busybox"]);
    });
  });

// Here only the client is under test.
for (const engine of engines.slice(0, 1))
  suite(`a network that is gone for a while on ${engine}`, () => {
    let running: TestEngine;
    before(async () => {
      running = await startTestEngine({ kind: engine });
    });
    after(() => running[Symbol.asyncDispose]());

    test("five seconds in the middle of a transfer only cost time", async () => {
      await using wire = await openCuttableWire(running.endpoint);
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY large /\n" });
      await writeFile(join(context.path, "large"), Buffer.alloc(64 << 20, "x"));
      let stalled: Promise<void> | undefined;

      const { code, stderr } = await runDepot(
        ["build", "--progress", "plain", "--buildkit-address", wire.address, "-o", "out", "."],
        {
          cwd: context.path,
          onStart: async () => {
            while (wire.sentBytes() < 4 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
            stalled = wire.stall(5_000);
            await stalled;
          },
        },
      );

      assert.notEqual(stalled, undefined);
      assert.equal(code, 0, stderr);
      assert.deepEqual(await readdir(join(context.path, "out")), ["large"]);
    });

    test("a line that is cut while the result comes never ends with success and half a result", async () => {
      await using wire = await openCuttableWire(running.endpoint);
      await using context = await openContext({
        Dockerfile: `${BASE}RUN mkdir /out && head -c 200000000 /dev/zero > /out/large\nFROM scratch\nCOPY --from=base /out /\n`,
      });

      const { code, stderr } = await runDepot(
        ["build", "--progress", "plain", "--buildkit-address", wire.address, "-o", "type=tar,dest=out.tar", "."],
        {
          cwd: context.path,
          onStart: async ({ shows }) => {
            await shows("sending tarball");
            wire.cut();
          },
        },
      );

      const names = await readdir(context.path);
      assert.equal(names.includes("out.tar"), code === 0, `${code}: ${names}\n${stderr}`);
      if (code !== 0) assert.match(stderr, /error: .*\nhint: /);
    });
  });
