import type { HeaderFields } from "./header-encoder.ts";

const REQUEST_FIELDS = new Set([":method", ":scheme", ":authority", ":path"]);
const RESPONSE_FIELDS = new Set([":status"]);
const NONE: ReadonlySet<string> = new Set();
/** They belong to HTTP/1 connections: RFC 9113 section 8.2.2. */
const FORBIDDEN = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/**
 * Whether a header list is one that RFC 9113 section 8.2 and 8.3 allow: names in lower case, pseudo fields first and
 * once, the necessary ones there.
 */
export function isWellFormed(fields: HeaderFields, kind: "request" | "response" | "trailers"): boolean {
  const allowed = kind === "request" ? REQUEST_FIELDS : kind === "response" ? RESPONSE_FIELDS : NONE;
  const seen = new Set<string>();
  let isPastPseudo = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? "";
    if (name.startsWith(":")) {
      if (isPastPseudo || seen.has(name) || !allowed.has(name)) return false;
      seen.add(name);
    } else {
      isPastPseudo = true;
      if (FORBIDDEN.has(name) || !NAME.test(name)) return false;
    }
  }
  if (kind === "response") return seen.has(":status");
  return kind === "trailers" || (seen.has(":method") && seen.has(":path"));
}

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
