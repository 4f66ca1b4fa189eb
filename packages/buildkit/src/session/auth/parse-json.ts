/**
 * The value of a JSON text, or undefined when it is none. The parser's error is dropped on purpose: it quotes the
 * text around the mistake, which here may be a password.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
