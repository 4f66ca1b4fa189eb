import type { Command, Flag } from "./command.ts";

/** `depot build [OPTIONS] PATH` */
export function usageLine<Context>(command: Command<Context>, path: string): string {
  const visible = (command.flags ?? []).some((flag) => !flag.isHidden);
  return [path, visible ? "[OPTIONS]" : "", command.subcommands ? "COMMAND" : "", command.operands ?? ""]
    .filter((part) => part !== "")
    .join(" ");
}

/**
 * The text of `--help`: usage, what it does, examples, commands, options.
 *
 * @param columns the width to wrap at; at least 60
 */
export function renderHelp<Context>(command: Command<Context>, path: string, columns: number): string {
  const width = Math.max(columns, 60);
  const commands = (command.subcommands ?? []).filter((sub) => !sub.isHidden);
  const flags = (command.flags ?? []).filter((flag) => !flag.isHidden);
  const parts = [
    `Usage:  ${usageLine(command, path)}`,
    command.description ?? command.summary,
    section("Aliases", command.aliases?.length ? [`  ${[command.name, ...command.aliases].join(", ")}`] : []),
    section(
      "Examples",
      (command.examples ?? []).map((example) => `  # ${example.summary}\n  ${example.line}\n`),
    ),
    section(
      "Commands",
      columnsOf(
        commands.map((sub) => [sub.name, sub.summary]),
        width,
      ),
    ),
    section(
      "Options",
      columnsOf(
        flags.map((flag) => [flagTitle(flag), flagSummary(flag)]),
        width,
      ),
    ),
    commands.length > 0 ? `Run "${path} COMMAND --help" for more about a command.` : "",
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}:\n${lines.join("\n").trimEnd()}`;
}

function flagTitle(flag: Flag): string {
  const short = flag.short ? `-${flag.short}, ` : "    ";
  const value =
    flag.kind === "switch" ? "" : ` ${flag.placeholder ?? (flag.kind === "list" ? "stringArray" : "string")}`;
  return `${short}--${flag.name}${value}`;
}

function flagSummary(flag: Flag): string {
  return flag.default === undefined ? flag.summary : `${flag.summary} (default ${JSON.stringify(flag.default)})`;
}

function columnsOf(rows: ReadonlyArray<readonly [title: string, text: string]>, width: number): string[] {
  const titleWidth = Math.min(Math.max(0, ...rows.map(([title]) => title.length)), 34);
  return rows.flatMap(([title, text]) => {
    const lines = wrap(text, width - titleWidth - 5);
    const indent = " ".repeat(titleWidth + 5);
    const first =
      title.length <= titleWidth ? [`  ${title.padEnd(titleWidth)}   ${lines.shift() ?? ""}`] : [`  ${title}`];
    return [...first, ...lines.map((line) => indent + line)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
