import { ImageApi, type ImageJson } from "@opendepot/api";
import type { Column } from "../terminal/table.ts";
import type { ImageCommand } from "./open-images.ts";

const PAGE_SIZE = 100;
const LIST_MS = 30_000;

/** For people. */
export const imageColumns: readonly Column<ImageJson>[] = [
  { title: "Tag", key: "tag", value: ({ tag = "" }) => tag },
  { title: "Size", key: "size", value: ({ sizeBytes = "0" }) => formatSize(Number(sizeBytes)) },
  {
    title: "Pushed",
    key: "pushed",
    value: ({ pushedAt = "" }) => pushedAt.replace("T", " ").replace(/(?:\.\d+)?Z$/, ""),
  },
  { title: "Digest", key: "digest", value: ({ digest = "" }) => digest },
];

/** For programs, as the hosted product has them. */
export const imageFields: readonly Column<ImageJson>[] = [
  { title: "Tag", key: "tag", value: ({ tag = "" }) => tag },
  { title: "Digest", key: "digest", value: ({ digest = "" }) => digest },
  {
    title: "Size (bytes)",
    key: "size_bytes",
    value: ({ sizeBytes = "0" }) => String(sizeBytes),
    json: ({ sizeBytes = "0" }) => Number(sizeBytes),
  },
  { title: "Pushed At", key: "pushed_at", value: ({ pushedAt = "" }) => pushedAt.replace(/\.\d+Z$/, "Z") },
];

/** All saved images of a project, newest first; those without a time come last. */
export async function listAllImages({
  server,
  projectId,
  context,
}: Pick<ImageCommand, "server" | "context"> & { readonly projectId: string }): Promise<ImageJson[]> {
  const images: ImageJson[] = [];
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LIST_MS)]);
  for (let pageToken = ""; ; ) {
    const request = { projectId, pageSize: PAGE_SIZE, ...(pageToken && { pageToken }) };
    const page = await server.api.call(ImageApi.listImages, request, { signal });
    images.push(...(page.images ?? []));
    if (!page.nextPageToken) break;
    pageToken = page.nextPageToken;
  }
  return images.sort((one, other) => timeOf(other) - timeOf(one));
}

function timeOf({ pushedAt }: ImageJson): number {
  return pushedAt === undefined ? 0 : Date.parse(pushedAt);
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function formatSize(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  for (; amount >= 1000 && unit < UNITS.length - 1; unit++) amount /= 1000;
  return `${unit === 0 ? amount : amount.toPrecision(3)} ${UNITS[unit]}`;
}
