/** A set of code points. */
export type CharClass = (rune: number) => boolean;

const NEWLINE = 0x0a;

/** `.` of Go's regexp without flags. */
export const notNewline: CharClass = (rune) => rune !== NEWLINE;

export function isWord(rune: number): boolean {
  return (
    (rune >= 0x30 && rune <= 0x39) || (rune >= 0x41 && rune <= 0x5a) || rune === 0x5f || (rune >= 0x61 && rune <= 0x7a)
  );
}

export function oneRune(wanted: number): CharClass {
  return (rune) => rune === wanted;
}

export function range(low: number, high: number): CharClass {
  return (rune) => low <= rune && rune <= high;
}

export function not(inner: CharClass): CharClass {
  return (rune) => !inner(rune);
}

export function union(parts: readonly CharClass[]): CharClass {
  return (rune) => parts.some((part) => part(rune));
}

const digit = range(0x30, 0x39);
const upper = range(0x41, 0x5a);
const lower = range(0x61, 0x7a);
const alpha = union([upper, lower]);

/** `\d`, `\s`, `\w` of regexp/syntax: ASCII only. Their capitals are the complements. */
export const PERL_CLASSES: Readonly<Record<string, CharClass>> = {
  d: digit,
  s: (rune) => rune === 0x20 || rune === 0x09 || rune === NEWLINE || rune === 0x0c || rune === 0x0d,
  w: isWord,
};

/** `[:name:]` of regexp/syntax. */
export const POSIX_CLASSES: Readonly<Record<string, CharClass>> = {
  alnum: union([alpha, digit]),
  alpha,
  ascii: range(0, 0x7f),
  blank: (rune) => rune === 0x09 || rune === 0x20,
  cntrl: (rune) => rune <= 0x1f || rune === 0x7f,
  digit,
  graph: range(0x21, 0x7e),
  lower,
  print: range(0x20, 0x7e),
  punct: union([range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)]),
  space: union([range(0x09, 0x0d), range(0x20, 0x20)]),
  upper,
  word: isWord,
  xdigit: union([digit, range(0x41, 0x46), range(0x61, 0x66)]),
};

/** `\p{Name}` of regexp/syntax, a general category or a script; undefined when there is no such one. */
export function unicodeClass(name: string): CharClass | undefined {
  if (name === "Any") return () => true;
  if (!/^\w+$/.test(name)) return undefined;
  const property = /^(?:[CLMNPSZ]|C[cfos]|L[lmotu]|M[cen]|N[dlo]|P[cdefios]|S[ckmo]|Z[lps])$/.test(name)
    ? name
    : `Script=${name}`;
  try {
    const pattern = new RegExp(`^\\p{${property}}$`, "u");
    return (rune) => pattern.test(String.fromCodePoint(rune));
  } catch {
    return undefined; // no such script
  }
}
