import { pageTokenInvalid } from "../problems.ts";

/** How many rows a page has. */
export interface PageSize {
  readonly default: number;
  readonly max: number;
}

/** The rows that were asked for, within limits. */
export function pageLimit(asked: number | undefined, { default: usual, max }: PageSize): number {
  return asked !== undefined && asked > 0 ? Math.min(asked, max) : usual;
}

/** Whole numbers that say where the next page begins, as an opaque text. */
export function toPageToken(...position: readonly bigint[]): string {
  return Buffer.from(position.join(".")).toString("base64url");
}

/**
 * Reads what {@link toPageToken} made; undefined for the first page.
 *
 * @throws {Problem} `page_token_invalid`
 */
export function fromPageToken(token: string | undefined, length: number): readonly bigint[] | undefined {
  if (token === undefined || token === "") return undefined;
  const parts = Buffer.from(token, "base64url").toString().split(".");
  if (parts.length !== length || !parts.every((part) => /^-?\d{1,19}$/.test(part))) throw pageTokenInvalid();
  return parts.map(BigInt);
}
