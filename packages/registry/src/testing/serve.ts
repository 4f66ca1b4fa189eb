/**
 * A registry as a process of its own, for tests that kill it: `node serve.ts CONNECTION-STRING FOLDER [PORT]`. Its first
 * line says where it listens. It lives as long as its standard input.
 */
import { openFolderStore } from "../blobs/folder/folder-store.ts";
import { openRegistryDatabase } from "../metadata/open-database.ts";
import { openRegistry } from "../registry.ts";
import { serveRegistry } from "../server.ts";

const [connectionString = "", folder = "", port = "0"] = process.argv.slice(2);
const everything = new Set(["pull", "push", "delete"] as const);
await using database = await openRegistryDatabase({ connectionString });
await using blobs = await openFolderStore({ folder });
await using registry = await openRegistry({
  database: database.query,
  blobs,
  access: { identify: async (username) => ({ id: username }), actions: async () => everything },
});
await using server = await serveRegistry(registry, { port: Number(port) });
process.stdout.write(`${server.url.href}\n`);
for await (const _ of process.stdin);
