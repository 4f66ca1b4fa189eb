import { CODE, type Cursor, isBlank, isBlankOrEnd, isBreakOrEnd, isDigit, isFlowIndicator, isWord } from "./cursor.ts";
import type { Mark } from "./node.ts";
import { scannerError, type YamlError } from "./yaml-error.ts";

/** A tag as written: the handle that a `%TAG` directive explains, and the rest. */
export interface ScannedTag {
  readonly handle: string;
  readonly suffix: string;
}

/** Reads a tag; the cursor stands at its `!`. @throws {YamlError} */
export function scanTag(cursor: Cursor): ScannedTag {
  const start = cursor.mark;
  const tag = cursor.peek(1) === CODE.less ? scanVerbatimTag(cursor, start) : scanShorthandTag(cursor, start);
  if (!isBlankOrEnd(cursor.peek()))
    throw tagError("did not find expected whitespace or line break", {
      cursor,
      start,
      context: "while scanning a tag",
    });
  return tag;
}

function scanVerbatimTag(cursor: Cursor, start: Mark): ScannedTag {
  cursor.skip();
  cursor.skip();
  const suffix = scanTagUri(cursor, { start, head: "", isVerbatim: true });
  if (cursor.peek() !== CODE.greater)
    throw tagError("did not find the expected '>'", { cursor, start, context: "while scanning a tag" });
  cursor.skip();
  return { handle: "", suffix };
}

function scanShorthandTag(cursor: Cursor, start: Mark): ScannedTag {
  const handle = scanTagHandle(cursor, start);
  if (handle.length > 1 && handle.endsWith("!"))
    return { handle, suffix: scanTagUri(cursor, { start, head: "", isVerbatim: false }) };
  const suffix = scanTagUri(cursor, { start, head: handle, isVerbatim: false });
  return suffix === "" ? { handle: "", suffix: "!" } : { handle: "!", suffix };
}

function scanTagHandle(cursor: Cursor, start: Mark): string {
  if (cursor.peek() !== CODE.bang) throw tagError("did not find expected '!'", { cursor, start });
  let handle = cursor.read();
  while (isWord(cursor.peek())) handle += cursor.read();
  if (cursor.peek() === CODE.bang) handle += cursor.read();
  return handle;
}

const URI_MARKS = ";/?:@&=+$.!~*'()%";

function scanTagUri(
  cursor: Cursor,
  { start, head, isVerbatim }: { start: Mark; head: string; isVerbatim: boolean },
): string {
  let uri = head.slice(1);
  let hasUri = head.length > 1;
  for (;;) {
    const code = cursor.peek();
    const isAllowed =
      code !== 0 &&
      (isWord(code) || URI_MARKS.includes(String.fromCharCode(code)) || (isVerbatim && isFlowIndicator(code)));
    if (!isAllowed) break;
    uri += code === CODE.percent ? scanUriEscapes(cursor, start) : cursor.read();
    hasUri = true;
  }
  if (!isVerbatim && !isBlankOrEnd(cursor.peek()) && !isFlowIndicator(cursor.peek()))
    throw tagError(`found character '${String.fromCharCode(cursor.peek())}' that is not allowed in a YAML tag`, {
      cursor,
      start,
    });
  if (!hasUri && head === "") throw tagError("did not find expected tag URI", { cursor, start });
  return uri;
}

function scanUriEscapes(cursor: Cursor, start: Mark): string {
  const match = /^(?:%[0-9A-Fa-f]{2})+/.exec(cursor.text.slice(cursor.position, cursor.position + 300));
  if (match === null) throw tagError("did not find URI escaped octet", { cursor, start });
  for (let index = 0; index < match[0].length; index += 1) cursor.skip();
  const decoded = Buffer.from(match[0].replaceAll("%", ""), "hex").toString();
  if (decoded.includes("\ufffd")) throw tagError("found an incorrect leading UTF-8 octet", { cursor, start });
  return decoded;
}

/** A `%YAML` or `%TAG` line; undefined values belong to the other kind. */
export interface ScannedDirective {
  readonly type: "version-directive" | "tag-directive";
  readonly handle: string;
  readonly prefix: string;
}

/** Reads a directive; the cursor stands at its `%`. @throws {YamlError} */
export function scanDirective(cursor: Cursor): ScannedDirective {
  const start = cursor.mark;
  const fail = (message: string): YamlError =>
    tagError(message, { cursor, start, context: "while scanning a directive" });
  cursor.skip();
  let name = "";
  while (isWord(cursor.peek())) name += cursor.read();
  if (name === "") throw fail("could not find expected directive name");
  if (!isBlankOrEnd(cursor.peek())) throw fail("found unexpected non-alphabetical character");
  if (name !== "YAML" && name !== "TAG") throw fail("found unknown directive name");
  while (isBlank(cursor.peek())) cursor.skip();
  const directive = name === "YAML" ? scanVersion(cursor, start) : scanTagPrefix(cursor, start);
  while (isBlank(cursor.peek())) cursor.skip();
  if (cursor.peek() === CODE.hash) while (!isBreakOrEnd(cursor.peek())) cursor.skip();
  if (!isBreakOrEnd(cursor.peek())) throw fail("did not find expected comment or line break");
  cursor.readBreak();
  return directive;
}

function scanVersion(cursor: Cursor, start: Mark): ScannedDirective {
  const context = "while scanning a %YAML directive";
  const scanNumber = (): string => {
    let digits = "";
    while (isDigit(cursor.peek())) digits += cursor.read();
    if (digits === "") throw tagError("did not find expected version number", { cursor, start, context });
    if (digits.length > 2) throw tagError("found extremely long version number", { cursor, start, context });
    return digits;
  };
  const major = scanNumber();
  if (cursor.peek() !== CODE.dot)
    throw tagError("did not find expected digit or '.' character", { cursor, start, context });
  cursor.skip();
  return { type: "version-directive", handle: `${major}.${scanNumber()}`, prefix: "" };
}

function scanTagPrefix(cursor: Cursor, start: Mark): ScannedDirective {
  const context = "while scanning a %TAG directive";
  const handle = scanTagHandle(cursor, start);
  if (!isBlank(cursor.peek())) throw tagError("did not find expected whitespace", { cursor, start, context });
  while (isBlank(cursor.peek())) cursor.skip();
  const prefix = scanTagUri(cursor, { start, head: "", isVerbatim: true });
  if (!isBlankOrEnd(cursor.peek()))
    throw tagError("did not find expected whitespace or line break", { cursor, start, context });
  return { type: "tag-directive", handle, prefix };
}

function tagError(
  message: string,
  { cursor, start, context = "while parsing a tag" }: { cursor: Cursor; start: Mark; context?: string },
): YamlError {
  return scannerError(message, { mark: cursor.mark, context, contextMark: start });
}
