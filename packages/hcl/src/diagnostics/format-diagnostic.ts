import type { Diagnostic } from "./diagnostic.ts";

const RULE = "--------------------";

/**
 * The lines of the source around a diagnostic, its own marked with `>>>`: BuildKit's `Source.Print`
 * (solver/errdefs/source.go), which is what `docker buildx bake` shows above the error. Empty when the diagnostic
 * has no subject or the source is not among `sources`. It ends with a newline.
 *
 * @param sources the text of each file by its name
 */
export function formatDiagnostic({ subject }: Diagnostic, sources: ReadonlyMap<string, string | Uint8Array>): string {
  if (subject === undefined) return "";
  const source = sources.get(subject.filename) ?? "";
  const text = typeof source === "string" ? source : new TextDecoder("utf-8", { ignoreBOM: true }).decode(source);
  const lines = text.split("\n");
  const first = subject.start.line;
  const last = Math.max(subject.end.line, first);
  if (first > lines.length || first < 1) return "";
  const shown = padded(first, Math.min(last, lines.length), lines.length);
  const excerpt = lines.slice(shown.first - 1, shown.last).map((line, index) => {
    const number = shown.first + index;
    const mark = number >= first && number <= last ? ">>>" : "   ";
    return ` ${String(number).padStart(3)} | ${mark} ${line}\n`;
  });
  return `${subject.filename}:${first}\n${RULE}\n${excerpt.join("")}${RULE}\n`;
}

// Grows the excerpt by one line on each side per turn until there are enough.
function padded(first: number, last: number, count: number): { first: number; last: number } {
  const wanted = first === last ? 4 : 2;
  let from = first;
  let to = last;
  for (let added = 0; added < wanted; added++) {
    if (from > 1) {
      from--;
      added++;
    }
    if (to !== count) {
      to++;
      added++;
    }
  }
  return { first: from, last: to };
}
