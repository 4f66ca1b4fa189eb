/**
 * A program for tests of servers that are killed: opens a provider on a data folder, starts a builder, builds what it
 * is given, and then waits for its end. Arguments: kind of engine, data folder. The builder goes to standard output.
 */
import { parseArgs } from "node:util";
import { openTestProvider, requestFor } from "./local-provider.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const [kind, dataDir] = positionals;
if ((kind !== "buildkitd" && kind !== "dockerd") || dataDir === undefined) throw new Error("usage: KIND FOLDER");
const { provider } = await openTestProvider(kind, dataDir);
const builder = await provider.start(requestFor("builder"), AbortSignal.timeout(60_000));
process.stdout.write(`${JSON.stringify({ endpoint: builder.endpoint, architecture: builder.architecture })}\n`);
setInterval(() => undefined, 60_000);
