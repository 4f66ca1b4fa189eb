import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { buildSmall } from "@opendepot/builder/testing";
import { testBaseImage, testEngineKinds } from "@opendepot/testing";
import { openTestProvider, requestFor } from "./testing/local-provider.ts";

/** Steps that share the machine's network find it on the loopback, those on a bridge at their gateway. */
const DOCKERFILE = `FROM scratch
COPY --from=base busybox /bin/busybox
RUN ["/bin/busybox","--install","-s","/bin"]
ARG PORT
ARG WHO
RUN for host in 127.0.0.1 $(ip route | awk '/^default/ {print $3}'); do \\
  wget -q -O - http://$host:$PORT/$WHO && exit 0; done; exit 1
`;

for (const kind of await testEngineKinds()) {
  test(`steps of several builders (${kind}) reach the network at once`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-network-"));
    await using subject = await openTestProvider(kind, folder.path);
    const contexts = { base: await testBaseImage() };
    await using here = await listen();
    const ids = ["one", "two", "three"];

    const builders = await Promise.all(ids.map((id) => subject.provider.start(requestFor(id), t.signal)));
    const outputs = await Promise.all(
      builders.map(async (builder) => {
        const buildArgs = { PORT: String(here.port), WHO: builder.id };
        const { output } = await buildSmall(builder, { dockerfile: DOCKERFILE, contexts, buildArgs, signal: t.signal });
        return output;
      }),
    );

    for (const [index, output] of outputs.entries()) assert.match(output, new RegExp(`hello /${ids[index]}`));
  });

  test(`a builder (${kind}) that stops leaves the others their network`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-network-"));
    await using subject = await openTestProvider(kind, folder.path);
    const contexts = { base: await testBaseImage() };
    await using here = await listen();
    const stays = await subject.provider.start(requestFor("stays"), t.signal);
    await subject.provider.start(requestFor("goes"), t.signal);

    await subject.provider.stop("goes", t.signal);

    const buildArgs = { PORT: String(here.port), WHO: "stays" };
    const { output } = await buildSmall(stays, { dockerfile: DOCKERFILE, contexts, buildArgs, signal: t.signal });
    assert.match(output, /hello \/stays/);
  });
}

/** An HTTP server on all addresses of this machine. */
async function listen(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((request, response) => response.end(`hello ${request.url}\n`)).listen(0, "0.0.0.0");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
