import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionService } from "@opendepot/buildkit";
import type { BuildContext } from "../target/context.ts";
import type { InputAddresses } from "../target/solve-request.ts";

/** What of a context is neither a folder nor found by the engine, made ready to be read. Dispose of it after the build. */
export interface OpenInputs extends AsyncDisposable {
  readonly addresses: InputAddresses;
  /** What serves them in the session of a solve. */
  readonly services: readonly SessionService[];
}

/** Gets the text of a Dockerfile that the builder fetches from a URL. */
export type FetchText = (url: string) => Promise<Uint8Array>;

/** Opens the inputs of a context. */
export async function openInputs({ source, dockerfile }: BuildContext, fetchText: FetchText): Promise<OpenInputs> {
  await using cleanup = new AsyncDisposableStack();
  const addresses: { -readonly [Key in keyof InputAddresses]: InputAddresses[Key] } = { layouts: {} };
  const openFolder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "depot-build-"));
    cleanup.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  };
  if (source.kind === "empty") addresses.emptyFolder = await openFolder();
  if (dockerfile.kind === "text" || dockerfile.kind === "url") {
    const text = dockerfile.kind === "text" ? dockerfile.text : await fetchText(dockerfile.url);
    addresses.dockerfileFolder = await openFolder();
    await writeFile(join(addresses.dockerfileFolder, "Dockerfile"), text, { mode: 0o600 });
  }
  const owned = cleanup.move();
  return { addresses, services: [], [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
