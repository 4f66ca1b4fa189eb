let segmenter: Intl.Segmenter | undefined;

/** What people see as the characters of a text: extended grapheme clusters. */
export function graphemes(text: string): readonly string[] {
  if (isPlain(text)) return text.split("");
  // Made when it is first needed, since that takes milliseconds.
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

// ASCII without carriage returns, which form one cluster with a line feed.
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7e || unit === 0x0d) return false;
  }
  return true;
}
