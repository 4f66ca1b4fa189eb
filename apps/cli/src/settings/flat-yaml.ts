/** One line of a flat YAML file as it stands, and the key with a scalar that it holds, if it does. */
export interface FlatLine {
  readonly text: string;
  readonly key?: string;
  readonly value?: string;
}

const ENTRY = /^([A-Za-z0-9_.-]+)\s*:(?:\s+(.*?))?\s*$/;

/**
 * Reads the `key: scalar` lines of a YAML file: all that settings of the hosted product's command use.
 * Anything else (comments, nested values) is kept apart, so that writing the file back loses nothing.
 */
export function parseFlatYaml(text: string): FlatLine[] {
  return text.split(/\r?\n/).map((line) => {
    const match = ENTRY.exec(line);
    if (!match) return { text: line };
    const [, key = "", raw = ""] = match;
    return { text: line, key, value: unquote(raw) };
  });
}

/** Sets or, with undefined, removes `key`; other lines stay as they are. */
export function setFlatYaml(lines: readonly FlatLine[], key: string, value: string | undefined): FlatLine[] {
  const kept = lines.filter((line) => line.key !== key);
  while (kept.at(-1)?.text.trim() === "") kept.pop();
  return value === undefined ? kept : [...kept, { text: `${key}: ${quote(value)}`, key, value }];
}

/** The file's text, with a line break at its end. */
export function formatFlatYaml(lines: readonly FlatLine[]): string {
  const text = lines
    .map((line) => line.text)
    .join("\n")
    .trimEnd();
  return text === "" ? "" : `${text}\n`;
}

/** The scalar's text: YAML 1.2 sections 7.3.1 to 7.3.3, of escapes only those of JSON. */
function unquote(raw: string): string {
  if (raw.startsWith('"')) {
    const end = /^"((?:[^"\\]|\\.)*)"/.exec(raw);
    if (!end) return raw;
    try {
      return String(JSON.parse(`"${end[1]}"`));
    } catch {
      return end[1] ?? "";
    }
  }
  if (raw.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(raw)?.[1]?.replaceAll("''", "'") ?? raw;
  return raw.replace(/(?:^|\s+)#.*$/, "");
}

/** Plain where that is safe in YAML, quoted as JSON elsewhere. */
function quote(value: string): string {
  return /^[A-Za-z0-9_./@+-][A-Za-z0-9_./@:+-]*$/.test(value) && !/[:]$/.test(value) && !isAmbiguous(value)
    ? value
    : JSON.stringify(value);
}

/** Plain scalars that YAML readers take for something other than a string. */
function isAmbiguous(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|null|~|[-+.\d][\d._eE+-]*|0x[\da-f]+)$/i.test(value) || /^[-?]$/.test(value);
}
