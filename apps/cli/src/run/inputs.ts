import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type ContentFolder, createUpload, openOciLayout, type SessionService } from "@opendepot/buildkit";
import type { BuildContext } from "../target/context.ts";
import type { InputAddresses } from "../target/solve-request.ts";

/** What of a context is neither a folder nor found by the engine, made ready to be read. Dispose of it after the build. */
export interface OpenInputs extends AsyncDisposable {
  readonly addresses: InputAddresses;
  /** What serves them in the session of a solve, content stores left out. */
  readonly services: readonly SessionService[];
  /** For `createContentStores`. */
  readonly stores: Readonly<Record<string, ContentFolder>>;
}

/** Gets the text of a Dockerfile that the builder fetches from a URL. */
export type FetchText = (url: string) => Promise<Uint8Array>;

/**
 * Opens the inputs of a context.
 *
 * @throws {Problem} `layout_invalid`
 */
export async function openInputs(context: BuildContext, fetchText: FetchText): Promise<OpenInputs> {
  await using cleanup = new AsyncDisposableStack();
  const folders = await openFolders(context, { cleanup, fetchText });
  const upload = context.source.kind === "archive" ? createUpload(Readable.from(context.source.stream)) : undefined;
  const layouts = await openLayouts(context);
  const owned = cleanup.move();
  return {
    addresses: { ...folders, archive: upload?.url, layouts: layouts.references },
    services: upload ? [upload.service] : [],
    stores: layouts.stores,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface FolderNeeds {
  readonly cleanup: AsyncDisposableStack;
  readonly fetchText: FetchText;
}

/** Folders that hold nothing but a Dockerfile, or nothing at all. */
async function openFolders(
  { source, dockerfile }: BuildContext,
  { cleanup, fetchText }: FolderNeeds,
): Promise<Pick<InputAddresses, "dockerfileFolder" | "emptyFolder">> {
  const openFolder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "depot-build-"));
    cleanup.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  };
  const emptyFolder = source.kind === "empty" ? await openFolder() : undefined;
  if (dockerfile.kind !== "text" && dockerfile.kind !== "url") return { emptyFolder };
  const text = dockerfile.kind === "text" ? dockerfile.text : await fetchText(dockerfile.url);
  const dockerfileFolder = await openFolder();
  await writeFile(join(dockerfileFolder, "Dockerfile"), text, { mode: 0o600 });
  return { emptyFolder, dockerfileFolder };
}

async function openLayouts({ named }: BuildContext): Promise<{
  readonly references: Readonly<Record<string, string>>;
  readonly stores: Readonly<Record<string, ContentFolder>>;
}> {
  const references: Record<string, string> = {};
  const stores: Record<string, ContentFolder> = {};
  for (const [name, context] of Object.entries(named)) {
    if (context.kind !== "oci-layout") continue;
    const { attribute, storeId, store } = await openOciLayout(context.layout);
    references[name] = attribute;
    stores[storeId] = store;
  }
  return { references, stores };
}
