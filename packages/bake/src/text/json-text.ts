import type { OrderedJson } from "@opendepot/buildflags";

/** Writes JSON as Go's `json.MarshalIndent` with two blanks does, byte for byte. */
export function formatJson(value: OrderedJson): string {
  return write(value, "");
}

function write(value: OrderedJson, indent: string): string {
  if (typeof value === "string") return quoteJson(value);
  if (value === null || typeof value !== "object") return String(value);
  const inner = `${indent}  `;
  if (value instanceof Map) {
    const members = Array.from(value as ReadonlyMap<string, OrderedJson>, ([key, member]) => {
      return `${quoteJson(key)}: ${write(member, inner)}`;
    });
    return wrap("{}", members, indent);
  }
  return wrap(
    "[]",
    (value as readonly OrderedJson[]).map((element) => write(element, inner)),
    indent,
  );
}

function wrap(brackets: "{}" | "[]", parts: readonly string[], indent: string): string {
  if (parts.length === 0) return brackets;
  const inner = `\n${indent}  `;
  return `${brackets[0]}${inner}${parts.join(`,${inner}`)}\n${indent}${brackets[1]}`;
}

/** A JSON string that can stand in HTML, as Go writes them. */
function quoteJson(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
