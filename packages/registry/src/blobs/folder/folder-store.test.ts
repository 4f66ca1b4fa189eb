import { join } from "node:path";
import { blobStoreContract, type PlaceUnderTest } from "../testing/index.ts";
import { makeScratch } from "../testing/scratch.ts";
import { openFolderStore } from "./folder-store.ts";

blobStoreContract("a folder", async (): Promise<PlaceUnderTest> => {
  const scratch = await makeScratch();
  return {
    open: () => openFolderStore({ folder: join(scratch.path, "store") }),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});
