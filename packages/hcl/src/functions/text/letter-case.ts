/** The text in capitals, each character by itself as Go does it: `ß` stays. */
export function upperCase(text: string): string {
  return mapCharacters(text, upperCharacter);
}

/** The text in small letters, each character by itself as Go does it. */
export function lowerCase(text: string): string {
  return mapCharacters(text, lowerCharacter);
}

const wordCharacter = /^[\p{L}\p{Nd}_]$/u;
const space = /^[\t\n\v\f\r \u0085\p{Z}]$/u;

/** The text with a capital at the start of each word, by the rules of Go's `strings.Title`. */
export function titleCase(text: string): string {
  let afterSeparator = true;
  return mapCharacters(text, (character) => {
    const shown = afterSeparator ? titleCharacter(character) : character;
    afterSeparator = isSeparator(character);
    return shown;
  });
}

function isSeparator(character: string): boolean {
  if (wordCharacter.test(character)) return false;
  return character < "\u0080" || space.test(character);
}

function mapCharacters(text: string, map: (character: string) => string): string {
  return Array.from(text, map).join("");
}

// Characters whose capital is more than one have none in Go, except those with an iota below.
function upperCharacter(character: string): string {
  const upper = character.toUpperCase();
  if (isOne(upper)) return upper;
  return character.normalize("NFD").endsWith("\u0345") ? withIota(character) : character;
}

function withIota(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0x1f80 && code < 0x1fb0) return String.fromCharCode(code | 8);
  return [0x1fb3, 0x1fc3, 0x1ff3].includes(code) ? String.fromCharCode(code + 9) : character;
}

function lowerCharacter(character: string): string {
  const lower = character.toLowerCase();
  return isOne(lower) ? lower : lower.charAt(0);
}

const digraphs = ["Ǆǅǆ", "Ǉǈǉ", "Ǌǋǌ", "Ǳǲǳ"];
const georgian = /^[\u10d0-\u10fa\u10fd-\u10ff]$/;

function titleCharacter(character: string): string {
  const digraph = digraphs.find((forms) => forms.includes(character));
  if (digraph !== undefined) return digraph.charAt(1);
  return georgian.test(character) ? character : upperCharacter(character);
}

function isOne(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}
