const plain = /^[ -~]*$/;
const zeroWidth = /^[\p{Mark}\p{Cf}]$/u;

/** First and last code points of what terminals show two columns wide: UAX #11 (W and F) and emoji, coarsely. */
const wideRanges: ReadonlyArray<readonly [first: number, last: number]> = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f19a],
  [0x1f1e6, 0x1f202],
  [0x1f210, 0x1f23b],
  [0x1f240, 0x1f265],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

/** How many columns a terminal gives to `text`, which holds no control characters. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest beginning of `text` that fits into `columns`; combining characters stay with their base. */
export function fitWidth(text: string, columns: number): string {
  if (text.length <= columns && plain.test(text)) return text;
  let [width, length] = [0, 0];
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    length += character.length;
  }
  return text.slice(0, length);
}

/** `text` cut into rows of at most `columns` (at least 2, so that a wide character finds room). */
export function wrapWidth(text: string, columns: number): string[] {
  const rows: string[] = [];
  let rest = text;
  do {
    const row = fitWidth(rest, Math.max(columns, 2));
    rows.push(row);
    rest = rest.slice(row.length);
  } while (rest !== "");
  return rows;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (zeroWidth.test(character)) return 0;
  return wideRanges.some(([first, last]) => first <= code && code <= last) ? 2 : 1;
}
