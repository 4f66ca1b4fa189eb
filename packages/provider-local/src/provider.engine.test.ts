import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describeBuilderProvider } from "@opendepot/builder/testing";
import { testEngineKinds } from "@opendepot/testing";
import { openTestProvider } from "./testing/local-provider.ts";

for (const kind of await testEngineKinds()) {
  describeBuilderProvider(`this host, with ${kind}`, async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), "od-provider-"));
    const subject = await openTestProvider(kind, dataDir);
    return {
      ...subject,
      [Symbol.asyncDispose]: async () => {
        await subject[Symbol.asyncDispose]();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  });
}
