/** The text of a string in quotes, or where (as a count of bytes) it stops being JSON. */
export function decodeJsonString(token: string): { readonly text: string } | { readonly badOffset: number } {
  try {
    const text: unknown = JSON.parse(token);
    if (typeof text === "string") return { text: replaceLoneSurrogates(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { badOffset: badOffsetIn(token) };
}

// As Go decodes them.
function replaceLoneSurrogates(text: string): string {
  return text.toWellFormed();
}

const GOOD_PART = /[^\\"]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4}/y;

// Go counts the bytes up to and with the one that it cannot accept; at the end of the text, all of them.
function badOffsetIn(token: string): number {
  let at = 1;
  for (;;) {
    GOOD_PART.lastIndex = at;
    const part = GOOD_PART.exec(token);
    if (part === null) break;
    at += part[0].length;
  }
  if (token[at] === "\\") at += acceptedOfEscape(token.slice(at));
  return Buffer.byteLength(token.slice(0, at)) + (at < token.length ? 1 : 0);
}

function acceptedOfEscape(rest: string): number {
  return /^\\(?:u[0-9A-Fa-f]{0,3})?/.exec(rest)?.[0].length ?? 0;
}
