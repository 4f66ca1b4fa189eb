import { readFileSync } from "node:fs";

/** One input of `docker buildx bake --print`. */
export interface PrintCase {
  readonly name: string;
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The files to pass with `-f`. */
  readonly composeFiles: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What the real command made of a {@link PrintCase}: its targets, or its error. */
export interface PrintOutcome {
  readonly targets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly error?: string;
}

/** Reads cases from their text; the form is told in its head. */
export function readPrintCases(path: URL): PrintCase[] {
  return readFileSync(path, "utf8").split(/^== /m).slice(1).map(readPrintCase);
}

function readPrintCase(text: string): PrintCase {
  const [head = "", ...sections] = text.split(/^-- /m);
  const [name = "", ...settings] = head.trimEnd().split("\n");
  const environment = Object.fromEntries(
    settings.map((line): [string, string] => {
      const [key = "", ...value] = line.replace(/^\$\$ /, "").split("=");
      return [key, value.join("=")];
    }),
  );
  const files = Object.fromEntries(
    sections.map((section): [string, string] => {
      const end = section.indexOf("\n");
      return [section.slice(0, end), `${section.slice(end + 1).trimEnd()}\n`];
    }),
  );
  const composeFiles = Object.keys(files).filter((file) => /^compose[^/]*\.yml$/.test(file));
  return { name, files, composeFiles, environment };
}
