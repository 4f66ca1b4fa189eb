/** Introducers of control sequences, as ESC and a letter or as one C1 character: ECMA-48 section 5.3. */
const csi = String.raw`(?:\x1b\[|\x9b)`;
const controlString = String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])`;

/** Control characters but for tab and newline, line separators, and what reorders text that runs in two directions. */
const controls = String.raw`\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069`;

/**
 * One thing that could move the cursor, set the title or reorder the text: a control sequence (cut off ones as well),
 * a control string up to its end or the line's, another escape, a lone control character.
 */
const control = new RegExp(
  [
    `${csi}[0-?]*[ -/]*(?:[@-~]|$)`,
    String.raw`${controlString}[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\|$|(?=[\x1b\n]))`,
    String.raw`\x1b[ -/]*(?:[0-~]|$)`,
    `[${controls}]`,
  ].join("|"),
  "gm",
);

const color = new RegExp(`^${csi}[0-9;:]*m$`);
const suspicious = new RegExp(`[${controls}]`);
const unfinished = new RegExp(String.raw`(?:${csi}[0-?]*[ -/]*|${controlString}[^\x07\x1b\x9c\n]*\x1b?|\x1b[ -/]*)$`);

/** What {@link cleanText} leaves in beside the text. */
export interface CleanOptions {
  /** Colours and other SGR attributes; a reset is added when any was used. Default: false. */
  readonly keepColors?: boolean;
  /** Carriage returns, which let a progress bar write over its own line. Default: false. */
  readonly keepReturns?: boolean;
}

/** Takes everything out of foreign text that could make a terminal do more than show it. Tabs and newlines stay. */
export function cleanText(text: string, { keepColors = false, keepReturns = false }: CleanOptions = {}): string {
  if (!suspicious.test(text)) return text;
  let isColored = false;
  const clean = text.replace(control, (found) => {
    if (keepReturns && found === "\r") return found;
    if (!keepColors || !color.test(found)) return "";
    isColored = true;
    return found;
  });
  return isColored ? `${clean}\x1b[0m` : clean;
}

/** {@link cleanText} for something that takes one line: newlines and tabs become spaces. */
export function cleanLine(text: string, options: CleanOptions = {}): string {
  return cleanText(text, options).replace(/[\t\n]+/g, " ");
}

/** How many characters at the end of `text` may be the beginning of a control sequence whose rest is yet to come. */
export function unfinishedLength(text: string): number {
  return unfinished.exec(text.slice(-256))?.[0].length ?? 0;
}
