/** Longer lines are no progress of anything. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Reads a stream of JSON objects, one a line, as Docker writes its progress. Empty lines are left out.
 *
 * @throws {SyntaxError} for a line that is no JSON or longer than 1 MiB
 */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let newline = rest.indexOf("\n");
    while (newline >= 0) {
      const line = rest.slice(0, newline).trim();
      rest = rest.slice(newline + 1);
      if (line !== "") yield JSON.parse(line);
      newline = rest.indexOf("\n");
    }
    if (rest.length > MAX_LINE_BYTES) throw new SyntaxError(`a line of more than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}
