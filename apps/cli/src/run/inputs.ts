import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  type ContentFolder,
  createUpload,
  openOciLayout,
  randomId,
  type SessionService,
  type Upload,
} from "@opendepot/buildkit";
import type { BuildContext } from "../target/context.ts";
import type { InputAddresses } from "../target/solve-request.ts";

/** What of a context is neither a folder nor found by the engine, made ready to be read. Dispose of it after the build. */
export interface OpenInputs extends AsyncDisposable {
  readonly addresses: InputAddresses;
  /** What serves them in the session of one solve, content stores left out. */
  serve(): readonly SessionService[];
  /** For `createContentStores`. */
  readonly stores: Readonly<Record<string, ContentFolder>>;
}

/** Gets the text of a Dockerfile that the builder fetches from a URL. */
export type FetchText = (url: string) => Promise<Uint8Array>;

/** How inputs are opened. */
export interface InputOptions {
  readonly fetchText: FetchText;
  /** Keeps what comes from stdin in a file, so that several solves can read it. */
  readonly isSpooled: boolean;
}

/**
 * Opens the inputs of a context.
 *
 * @throws {Problem} `layout_invalid`
 */
export async function openInputs(context: BuildContext, options: InputOptions): Promise<OpenInputs> {
  await using cleanup = new AsyncDisposableStack();
  const folders = await openFolders(context, { cleanup, fetchText: options.fetchText });
  const archive = await openArchive(context, { cleanup, isSpooled: options.isSpooled });
  const layouts = await openLayouts(context);
  const owned = cleanup.move();
  return {
    addresses: { ...folders, archive: archive?.url, layouts: layouts.references },
    serve: () => (archive ? [archive.serve()] : []),
    stores: layouts.stores,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Archive {
  readonly url: string;
  serve(): SessionService;
}

async function openArchive(
  { source }: BuildContext,
  { cleanup, isSpooled }: { readonly cleanup: AsyncDisposableStack; readonly isSpooled: boolean },
): Promise<Archive | undefined> {
  if (source.kind !== "archive") return undefined;
  if (!isSpooled) {
    const { url, service } = createUpload(Readable.from(source.stream));
    return { url, serve: () => service };
  }
  const folder = await mkdtemp(join(tmpdir(), "depot-context-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "context");
  await writeFile(path, source.stream, { mode: 0o600 });
  const id = randomId();
  const open = (): Upload => createUpload(() => createReadStream(path), { id });
  return { url: open().url, serve: () => open().service };
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
