/** What the bundle has in the place of `@napi-rs/xattr`: that package's native part alone, where the bundle has it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRawAsset, isSea } from "node:sea";
import { messageOf } from "@opendepot/base";

interface NativeXattrs {
  readonly listAttributesSync: (path: string) => readonly string[];
  readonly getAttributeSync: (path: string, name: string) => Uint8Array | null;
  readonly setAttributeSync: (path: string, name: string, value: Uint8Array) => void;
}

const native: NativeXattrs = isSea() ? loadAsset() : require("./xattr.node"); // beside the bundle

export const listAttributesSync: NativeXattrs["listAttributesSync"] = native.listAttributesSync;
export const getAttributeSync: NativeXattrs["getAttributeSync"] = native.getAttributeSync;
export const setAttributeSync: NativeXattrs["setAttributeSync"] = native.setAttributeSync;

/** From inside the single executable: the system loads such things from files only. This one is gone at once. */
function loadAsset(): NativeXattrs {
  const folder = mkdtempSync(join(tmpdir(), "depot-"));
  try {
    const file = join(folder, "xattr.node");
    writeFileSync(file, new Uint8Array(getRawAsset("xattr.node")));
    const loaded = { exports: {} as NativeXattrs };
    process.dlopen(loaded, file);
    return loaded.exports;
  } catch (error) {
    throw new Error(`what reads them cannot be loaded from ${folder}: ${messageOf(error)}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
