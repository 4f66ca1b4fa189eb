import { ContentFolder } from "./content-folder.ts";
import { type LayoutDescriptor, type LayoutName, putManifest } from "./layout-index.ts";

/** The folder of an `oci` exporter with `tar=false`. BuildKit takes one in a solve. */
export interface LayoutOutput {
  /** The key for `createContentStores`. */
  readonly storeId: "export";
  readonly store: ContentFolder;
  /**
   * Enters what a solve has exported into the folder's `index.json`.
   *
   * @throws {Problem} `layout_invalid`, `cache_unwritable`
   */
  finish(exporterResponse: Readonly<Record<string, string>>): Promise<void>;
}

/** Receives an image as a layout in a folder, which may hold others. BuildKit v0.32: client/solve.go. */
export function openLayoutOutput(folder: string): LayoutOutput {
  return {
    storeId: "export",
    store: new ContentFolder(folder, { isWritable: true }),
    finish: async (response) => {
      const encoded = response["containerimage.descriptor"];
      if (!encoded) return;
      const descriptor: LayoutDescriptor = JSON.parse(Buffer.from(encoded, "base64").toString("utf8"));
      const names = response["image.name"]?.split(",").map((name): LayoutName => ({ kind: "image", name }));
      await putManifest(folder, descriptor, names ?? [{ kind: "tag", tag: "latest" }]);
    },
  };
}
