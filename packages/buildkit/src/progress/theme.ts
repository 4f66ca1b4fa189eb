/** What a finished line of the display says by its colour. */
export type Tone = "run" | "cancel" | "error" | "warning";

/** Paints one line of text; the text itself holds no escapes. */
export interface Theme {
  paint(tone: Tone, text: string): string;
  /** For log lines below a running step. */
  faint(text: string): string;
}

/** What decides about colours. */
export interface ThemeOptions {
  /** The environment's NO_COLOR is set and not empty: https://no-color.org. */
  readonly noColor?: boolean | undefined;
  /**
   * The environment's BUILDKIT_COLORS: `run=blue:error=255,0,0` with the keys run, cancel, error and warning, and
   * a colour's name or three numbers from 0 to 255. What cannot be read is left out.
   */
  readonly colors?: string | undefined;
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** The colours of BuildKit's own display unless told otherwise. */
export function createTheme({ noColor = false, colors = "" }: ThemeOptions = {}): Theme {
  if (noColor) return { paint: (_tone, text) => text, faint: (text) => text };
  const codes: Record<Tone, string> = { run: "34", cancel: "33", error: "31", warning: "33" };
  for (const entry of colors.slice(0, 1000).toLowerCase().split(":")) {
    const [key = "", value = ""] = entry.split("=");
    const code = colorCode(value.trim().replaceAll('"', ""));
    if (code !== undefined && Object.hasOwn(codes, key)) codes[key as Tone] = code;
  }
  return {
    paint: (tone, text) => `\x1b[${codes[tone]}m${text}\x1b[0m`,
    faint: (text) => `\x1b[2m${text}\x1b[0m`,
  };
}

/** The SGR parameters of a colour: a name, `light-` and a name, or red, green and blue as a colour of the 256 palette. */
function colorCode(value: string): string | undefined {
  if (value === "default") return "39";
  const isLight = value.startsWith("light-");
  const index = names.indexOf(isLight ? value.slice(6) : value);
  if (index >= 0) return String((isLight ? 90 : 30) + index);
  const parts = value.split(",").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length !== 3 || !parts.every((part) => part <= 255)) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Math.floor((part * 6) / 256));
  return `38;5;${16 + 36 * red + 6 * green + blue}`;
}
