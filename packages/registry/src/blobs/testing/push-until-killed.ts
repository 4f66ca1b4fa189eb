/**
 * Pushes blobs, one after the other, until somebody kills it, and tells what was acknowledged: a program of its own, for
 * tests that do the killing. Its one argument is a `PusherOptions` as JSON.
 */
import { writeSync } from "node:fs";
import { Secret } from "@opendepot/base";
import type { BlobStore } from "../blob-store.ts";
import { openFolderStore } from "../folder/folder-store.ts";
import { openS3Store } from "../s3/s3-store.ts";
import { digestOf, inPieces } from "./content.ts";
import { type PusherEvent, type PusherOptions, type PusherPlace, pushedContent } from "./pusher.ts";

const { place, name }: PusherOptions = JSON.parse(process.argv[2] ?? "{}");
const store = await openAt(place);
for (let index = 0; ; index++) {
  const id = `${name}-${index}`;
  const content = pushedContent(index);
  const half = Math.floor(content.length / 2);
  await store.createUpload(id);
  tell({ event: "created", id, index });
  await append(id, 0, content.subarray(0, half));
  await append(id, half, content.subarray(half));
  const digest = digestOf(content);
  await store.commit(id, digest);
  tell({ event: "committed", id, digest });
}

async function append(id: string, offset: number, content: Uint8Array): Promise<void> {
  const size = await store.append(id, offset, told(inPieces(content, 200_000)));
  tell({ event: "appended", id, size });
}

/** Tells of every piece, so that the end may come between two of them. */
async function* told(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    tell({ event: "piece" });
    yield piece;
  }
}

/** At once, not when there is time for it. */
function tell(event: PusherEvent): void {
  writeSync(1, `${JSON.stringify(event)}\n`);
}

async function openAt(at: PusherPlace): Promise<BlobStore> {
  if (at.kind === "folder") return await openFolderStore({ folder: at.folder });
  const { bucket, prefix, accessKeyId, secretAccessKey } = at;
  const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) };
  return await openS3Store({ bucket, prefix, endpoint: new URL(at.endpoint), credentials });
}
