import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobStoreContract, type PlaceUnderTest } from "../testing/index.ts";
import { openFolderStore } from "./folder-store.ts";

blobStoreContract("a folder", async (): Promise<PlaceUnderTest> => {
  const folder = await mkdtemp(join(tmpdir(), "od-blobs-"));
  return {
    open: () => openFolderStore({ folder: join(folder, "store") }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
});
