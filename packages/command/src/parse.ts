import { Problem } from "@opendepot/base";
import type { Command, Flag, Invocation } from "./command.ts";
import { usageLine } from "./help.ts";
import { flagValueMissing, switchValueInvalid, unknownCommand, unknownFlag, wrongOperandCount } from "./problems.ts";

/** A command line that was understood. */
export interface Parsed<Context> {
  readonly command: Command<Context>;
  /** The names that lead to it, for instance `depot projects create`. */
  readonly path: string;
  readonly invocation: Invocation;
  /** `--help` or `-h` was given, or a group was named without a command. */
  readonly wantsHelp: boolean;
}

/**
 * Reads a command line as Docker's commands do: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`,
 * switches joined behind one dash, flags and operands in any order, nothing but operands behind `--`.
 *
 * @throws {Problem} `unknown_command`, `unknown_flag`, `flag_value_missing`, `flag_value_invalid`, `operand_count`
 */
export function parseCommandLine<Context>(root: Command<Context>, argv: readonly string[]): Parsed<Context> {
  let [command, path, at] = [root, root.name, 0];
  while (command.subcommands && at < argv.length && !argv[at]?.startsWith("-")) {
    const word = argv[at++] ?? "";
    const next = findCommand(command, word);
    if (!next) throw unknownCommand(path, word, visibleNames(command));
    [command, path] = [next, `${path} ${next.name}`];
  }
  const words = new FlagReader(command, path, argv.slice(at)).read();
  const wantsHelp = words.wantsHelp || command.run === undefined;
  if (!wantsHelp) checkOperands(command, path, words.operands);
  return { command, path, invocation: toInvocation(words.operands, words.values), wantsHelp };
}

function findCommand<Context>(group: Command<Context>, word: string): Command<Context> | undefined {
  return group.subcommands?.find((command) => command.name === word || command.aliases?.includes(word));
}

function visibleNames<Context>(group: Command<Context>): string[] {
  return (group.subcommands ?? []).flatMap((command) =>
    command.isHidden ? [] : [command.name, ...(command.aliases ?? [])],
  );
}

function checkOperands<Context>(command: Command<Context>, path: string, operands: readonly string[]): void {
  const { min, max } = command.operandCount ?? { min: 0, max: 0 };
  if (operands.length >= min && operands.length <= max) return;
  throw wrongOperandCount(path, usageLine(command, path), operands.length);
}

/** Walks over the words behind the command's name. */
class FlagReader {
  readonly values = new Map<string, string[]>();
  readonly operands: string[] = [];
  wantsHelp = false;
  readonly #flags: readonly Flag[];
  readonly #path: string;
  readonly #words: string[];

  constructor(command: Command<never>, path: string, words: readonly string[]) {
    this.#flags = command.flags ?? [];
    this.#path = path;
    this.#words = [...words];
  }

  read(): this {
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === "--") this.operands.push(...this.#words.splice(0));
      else if (word.startsWith("--")) this.#readLong(word);
      else if (word.startsWith("-") && word.length > 1) this.#readShort(word.slice(1));
      else this.operands.push(word);
    }
    return this;
  }

  #readLong(word: string): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    const flag = this.#flags.find((candidate) => candidate.name === name);
    if (flag) this.#take(flag, `--${name}`, value);
    else if (name === "help") this.wantsHelp = true;
    else throw unknownFlag(this.#path, `--${name}`, this.#known());
  }

  /** `-qf file`: switches may be joined; the first flag that takes a value takes the rest. */
  #readShort(letters: string): void {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters.charAt(at);
      const rest = letters.slice(at + 1);
      const flag = this.#flags.find((candidate) => candidate.short === letter);
      if (!flag && letter !== "h") throw unknownFlag(this.#path, `-${letter}`, this.#known());
      if (!flag) {
        this.wantsHelp = true;
        continue;
      }
      const value = rest.startsWith("=") ? rest.slice(1) : flag.kind === "switch" || rest === "" ? undefined : rest;
      this.#take(flag, `-${letter}`, value);
      if (value !== undefined || flag.kind !== "switch") return;
    }
  }

  #take(flag: Flag, spelling: string, given: string | undefined): void {
    const value = given ?? (flag.kind === "switch" ? "true" : this.#words.shift());
    if (value === undefined) throw flagValueMissing(this.#path, spelling);
    if (flag.kind === "switch" && parseSwitch(value) === undefined)
      throw switchValueInvalid(this.#path, spelling, value);
    const values = this.values.get(flag.name);
    if (values) values.push(value);
    else this.values.set(flag.name, [value]);
  }

  #known(): string[] {
    return this.#flags.flatMap((flag) => (flag.isHidden ? [] : [`--${flag.name}`]));
  }
}

/** The spellings of Go's strconv.ParseBool, which Docker's flags accept. */
function parseSwitch(value: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(value) ? false : undefined;
}

function toInvocation(operands: readonly string[], values: ReadonlyMap<string, readonly string[]>): Invocation {
  return {
    operands,
    has: (name) => values.has(name),
    switch: (name) => parseSwitch(values.get(name)?.at(-1) ?? "false") ?? false,
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
  };
}

/** True for the problems that {@link parseCommandLine} throws; executables answer them with their usage exit code. */
export function isUsageProblem(value: unknown): value is Problem {
  return (
    value instanceof Problem &&
    ["unknown_command", "unknown_flag", "flag_value_missing", "flag_value_invalid", "operand_count"].includes(
      value.code,
    )
  );
}
