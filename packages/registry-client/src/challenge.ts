/** How a registry wants to be asked: RFC 9110 section 11.6.1. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By name in lower case: `realm`, `service`, `scope`, `error`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longer headers are not understood, rather than worked on. */
const MAX_BYTES = 8 * 1024;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))\\s*`, "y");
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?=\\s|$|,)`, "y");

/** Reads `WWW-Authenticate`, with all challenges in it; what makes no sense ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  if (header.length > MAX_BYTES) return challenges;
  let at = 0;
  for (;;) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(header)?.[1];
    if (scheme === undefined) return challenges;
    const parameters = new Map<string, string>();
    at = readParameters(header, SCHEME.lastIndex, parameters);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
}

function readParameters(header: string, from: number, into: Map<string, string>): number {
  let at = from;
  for (;;) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    if (!match) return at;
    const [, name = "", quoted, plain] = match;
    into.set(name.toLowerCase(), quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"));
    at = PARAMETER.lastIndex;
    if (header[at] !== ",") return at;
    at++;
  }
}
