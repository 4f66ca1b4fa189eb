let segmenter: Intl.Segmenter | undefined;

/**
 * What people see as the characters of a text: extended grapheme clusters as of Unicode 15.0, which is what go-cty
 * counts by.
 */
export function graphemes(text: string): readonly string[] {
  if (isPlain(text)) return text.split("");
  // Made when it is first needed, since that takes milliseconds.
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text)).flatMap(({ segment }) => segment.split(conjunct));
}

// Later versions of Unicode join consonants of Indic scripts over a virama; the two vowels of Thai and Lao that are
// letters have always belonged to what is before them.
const conjunct = /(?<=[\p{M}\u200d])(?=(?![\u0e33\u0eb3])\p{Lo})/u;

// ASCII without carriage returns, which form one cluster with a line feed.
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7e || unit === 0x0d) return false;
  }
  return true;
}
