const TEXT: unique symbol = Symbol("html");

/** A piece of HTML that is safe to put into a page: made by {@link html} only. */
export interface Html {
  readonly [TEXT]: string;
}

/** What may stand in a page: text is escaped, pieces of HTML are not, nothing is nothing. */
export type HtmlValue = string | number | bigint | Html | undefined | readonly HtmlValue[];

/** HTML with values in it; whatever is not itself made by this tag is escaped, in text and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const text = strings.reduce((page, part, index) => page + toText(values[index - 1]) + part);
  return { [TEXT]: text };
}

/** A text of our own that is HTML, or what may stand unescaped inside `<style>`. Never for values from outside. */
export function ownHtml(text: string): Html {
  return { [TEXT]: text };
}

/** The page's text. */
export function renderHtml(page: Html): string {
  return page[TEXT];
}

function toText(value: HtmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map(toText).join("");
  return typeof value === "object" && TEXT in value ? value[TEXT] : escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
