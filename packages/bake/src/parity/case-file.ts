/** One run of bake over files of its own. */
export interface ParityCase {
  readonly name: string;
  /** The words behind `bake`. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Texts by path; a path that ends with a slash is an empty folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** What a run is compared by. */
export interface RecordedRun {
  readonly exitCode: number;
  readonly stdout: string;
  /** Without progress; the folder of the case is `/case`. */
  readonly stderr: string;
}

const PLACE = "@@";

/**
 * Reads a file of cases. A case starts with `=== name`, may go on with `$ arguments` (default: `--print`) and
 * `env NAME=value` lines, and then has files, each behind a line `-- path --`. With a section `-- each --`, every line
 * of it makes a case of its own, in which it replaces `@@` wherever that stands.
 */
export function parseCases(text: string): ParityCase[] {
  const parts = text.split(/^=== (.*)\n/m).slice(1);
  return parts.flatMap((name, at) => (at % 2 === 0 ? expandCase(name, parts[at + 1] ?? "") : []));
}

function expandCase(name: string, text: string): ParityCase[] {
  const each = /^-- each --\n([\s\S]*?)(?=^-- |(?![\s\S]))/m.exec(text);
  if (!each) return [parseCase(name, text)];
  const rest = text.replace(each[0], "");
  const lines = (each[1] ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) =>
    parseCase(
      `${name}: ${line}`,
      rest.replaceAll(PLACE, () => line),
    ),
  );
}

function parseCase(name: string, text: string): ParityCase {
  const [head = "", ...sections] = text.split(/^-- (.+) --\n/m);
  const files = new Map<string, string>();
  for (let at = 0; at < sections.length; at += 2) files.set(sections[at] ?? "", sections[at + 1] ?? "");
  const lines = head.split("\n");
  const args = lines.find((line) => line.startsWith("$ "))?.slice(2) ?? "--print";
  const variables = lines.filter((line) => line.startsWith("env ")).map((line) => line.slice(4));
  const environment = Object.fromEntries(variables.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  return { name, args: splitWords(args), environment, files };
}

/** Words are separated by blanks; single quotes hold a word together. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
}
