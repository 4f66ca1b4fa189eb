import { type Digest, parseDigest } from "./digest.ts";
import { referenceInvalid } from "./problems.ts";

/** An image reference in parts: distribution/reference, "Grammar". */
export interface Reference {
  /** Registry host with its port, for instance `docker.io` or `[::1]:5000`; absent only in unnormalized references. */
  readonly domain?: string | undefined;
  /** Repository path, for instance `library/alpine`. */
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** A reference whose registry is known. */
export interface NormalizedReference extends Reference {
  readonly domain: string;
}

const DEFAULT_DOMAIN = "docker.io";
const LEGACY_DOMAIN = "index.docker.io";
const OFFICIAL_PREFIX = "library/";
const MAX_PATH_LENGTH = 255;

const PATH_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const PATH = `${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const TAG = "[\\w][\\w.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";

// The domain is greedy: `a/b` reads as domain `a`, path `b`, exactly as the Go grammar does.
const REFERENCE = new RegExp(`^(?:(${DOMAIN})/)?(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Reads a reference as it is written, without assuming a registry: distribution/reference v0.6 `Parse`.
 * The first component of `acme/app` is then the domain; use {@link parseNormalizedReference} to know the registry.
 *
 * @throws {Problem} `reference_invalid`, `digest_invalid`
 */
export function parseReference(text: string): Reference {
  const match = REFERENCE.exec(text);
  if (!match) throw referenceInvalid(text, reasonFor(text));
  const [, domain, path = "", tag, digest] = match;
  if (path.length > MAX_PATH_LENGTH)
    throw referenceInvalid(text, `repository name is longer than ${MAX_PATH_LENGTH} characters`);
  return { domain, path, tag, digest: digest === undefined ? undefined : parseDigest(digest) };
}

/**
 * Reads a reference as docker does: `alpine` is `docker.io/library/alpine`, `acme/app` is `docker.io/acme/app`,
 * and the first component counts as a registry when it holds `.`, `:` or a capital, or is `localhost`
 * (distribution/reference v0.6 `ParseNormalizedNamed`).
 *
 * @throws {Problem} `reference_invalid`, `digest_invalid`
 */
export function parseNormalizedReference(text: string): NormalizedReference {
  if (IDENTIFIER.test(text)) throw referenceInvalid(text, "64 hex digits alone cannot be a repository name");
  const { domain, rest } = splitDomain(text);
  const colon = rest.indexOf(":");
  const name = colon < 0 ? rest : rest.slice(0, colon);
  if (name !== name.toLowerCase()) throw referenceInvalid(text, "repository name must be lower case");
  const match = REFERENCE.exec(`${domain}/${rest}`);
  if (!match) throw referenceInvalid(text, reasonFor(text));
  const reference = parseReference(`${domain}/${rest}`);
  return { ...reference, domain: reference.domain ?? domain };
}

/** The reference with tag `latest` when it names neither tag nor digest. */
export function withDefaultTag<R extends Reference>(reference: R): R {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: "latest" } : reference;
}

/** The reference as text, with everything that it holds. */
export function formatReference(reference: Reference): string {
  const name = reference.domain === undefined ? reference.path : `${reference.domain}/${reference.path}`;
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${name}${tag}${digest}`;
}

/** The shortest text that docker reads as the same reference: `docker.io/library/alpine:3` is `alpine:3`. */
export function formatFamiliar(reference: NormalizedReference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return formatReference(reference);
  const short = reference.path.startsWith(OFFICIAL_PREFIX)
    ? reference.path.slice(OFFICIAL_PREFIX.length)
    : reference.path;
  const path = short.includes("/") ? reference.path : short;
  return formatReference({ ...reference, domain: undefined, path });
}

function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isDomain = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = isDomain && first !== LEGACY_DOMAIN ? first : DEFAULT_DOMAIN;
  const rest = isDomain ? text.slice(slash + 1) : text;
  const isOfficial = domain === DEFAULT_DOMAIN && !rest.includes("/");
  return { domain, rest: isOfficial ? OFFICIAL_PREFIX + rest : rest };
}

function reasonFor(text: string): string {
  if (text === "") return "it is empty";
  if (REFERENCE.test(text.toLowerCase())) return "repository name must be lower case";
  return "it does not follow the grammar of references";
}
