import { methodUnsupported, nameUnknown, pageInvalid } from "../problems.ts";
import type { CallerExchange } from "./exchange.ts";
import type { Route } from "./route.ts";
import { sendJson } from "./send.ts";

/** Tags of a repository by pages: OCI distribution-spec v1.1, "Listing Tags". Fewer than wanted may come, with a Link. */
export async function serveTags(
  exchange: CallerExchange,
  { repository }: Extract<Route, { kind: "tags" }>,
): Promise<void> {
  const { context, method, query, view } = exchange;
  if (method !== "GET" && method !== "HEAD") throw methodUnsupported(method);
  const { repositories, tags } = context.metadata;
  const limit = parsePageSize(query.get("n"), context.limits.maxPageSize);
  const only = view === "everything" ? undefined : view;
  // Of a repository in which nothing was granted, not even its existence is told.
  const id = only?.length === 0 ? undefined : await repositories.find(repository);
  if (id === undefined) throw nameUnknown(repository);
  const after = query.get("last")?.slice(0, 128).replaceAll("\0", "") ?? undefined;
  const names = limit === 0 ? [] : await tags.list(id, { after, only, limit: limit + 1 });
  const page = names.slice(0, limit);
  const last = names.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? "" : new URLSearchParams({ n: String(limit), last }).toString();
  const headers = next === "" ? {} : { link: `</v2/${repository}/tags/list?${next}>; rel="next"` };
  sendJson(exchange, 200, { name: repository, tags: page }, headers);
}

/** @throws {Problem} `page_invalid` */
function parsePageSize(n: string | null, maxPageSize: number): number {
  if (n === null || n === "") return maxPageSize;
  if (!/^\d+$/.test(n)) throw pageInvalid(n);
  return Math.min(Number(n), maxPageSize);
}
