/**
 * As much of a terminal as a display uses. Anything else that would control it is an error, and so is a line that is
 * drawn beyond the margin. Every character takes one column.
 */
export class Screen {
  readonly lines: string[] = [""];
  readonly #columns: number;
  readonly #height: number;
  #row = 0;
  #column = 0;
  isCursorShown = true;
  isWrapping = true;

  constructor(columns: number, height: number) {
    this.#columns = columns;
    this.#height = height;
  }

  /** What was written so far, scrolled out lines first, without the spaces at the ends of lines. */
  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join("\n");
  }

  write(text: string): void {
    for (let rest = text; rest !== ""; ) rest = rest.slice(this.#take(rest));
  }

  #take(text: string): number {
    const isEscape = text[0] === "\x1b";
    const [sequence, parameter = "", final = ""] = (isEscape && /^\[([?\d;]*)([A-Za-z])/.exec(text.slice(1))) || [];
    if (sequence) this.#control(parameter, final);
    else if (text[0] === "\n") this.#newline();
    else if (text[0] === "\r") this.#column = 0;
    else this.#put(text[0] ?? "");
    return sequence ? sequence.length + 1 : 1;
  }

  #newline(): void {
    this.#row++;
    this.#column = 0;
    if (this.lines.length === this.#row) this.lines.push("");
  }

  #put(character: string): void {
    if (character < " " || (character >= "\x7f" && character < "\xa0")) {
      throw new Error(`control character ${JSON.stringify(character)} on the screen`);
    }
    if (this.#column >= this.#columns && !this.isWrapping) {
      throw new Error(`line is wider than ${this.#columns}: ${this.lines[this.#row]}`);
    }
    const line = (this.lines[this.#row] ?? "").padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }

  #control(parameter: string, final: string): void {
    if (final === "A") this.#row = Math.max(0, this.lines.length - this.#height, this.#row - Number(parameter));
    else if (final === "K") this.lines[this.#row] = (this.lines[this.#row] ?? "").slice(0, this.#column);
    else if (final === "J") this.lines.splice(this.#row, Number.POSITIVE_INFINITY, "");
    else if (final === "h" || final === "l") this.#mode(parameter, final === "h");
    else if (final !== "m") throw new Error(`control sequence ESC [ ${parameter} ${final}`);
  }

  #mode(parameter: string, isOn: boolean): void {
    if (parameter === "?25") this.isCursorShown = isOn;
    else if (parameter === "?7") this.isWrapping = isOn;
    else throw new Error(`mode ${parameter}`);
  }
}
