import { nearest, Problem } from "@opendepot/base";

/** The codes of everything that can be wrong with a command line. */
export type UsageProblemCode =
  | "unknown_command"
  | "unknown_flag"
  | "flag_value_missing"
  | "flag_value_invalid"
  | "operand_count";

export function unknownCommand(path: string, word: string, known: readonly string[]): Problem<UsageProblemCode> {
  const close = nearest(word, known);
  return new Problem("unknown_command", `unknown command ${JSON.stringify(word)} for "${path}"`, {
    hint: close ? `did you mean "${path} ${close}"?` : `see "${path} --help" for the commands there are`,
  });
}

export function unknownFlag(path: string, flag: string, known: readonly string[]): Problem<UsageProblemCode> {
  const close = nearest(flag, known);
  return new Problem("unknown_flag", `unknown flag: ${flag}`, {
    hint: close ? `did you mean ${close}? see "${path} --help" for all flags` : `see "${path} --help" for all flags`,
  });
}

export function flagValueMissing(path: string, flag: string): Problem<UsageProblemCode> {
  return new Problem("flag_value_missing", `flag needs an argument: ${flag}`, { hint: `see "${path} --help"` });
}

export function switchValueInvalid(path: string, flag: string, value: string): Problem<UsageProblemCode> {
  return new Problem("flag_value_invalid", `${flag} is either true or false, not ${JSON.stringify(value)}`, {
    hint: `see "${path} --help"`,
  });
}

export function wrongOperandCount(path: string, usage: string, given: number): Problem<UsageProblemCode> {
  const what = given === 0 ? "an argument is missing" : `${given} argument${given === 1 ? "" : "s"} given`;
  return new Problem("operand_count", `${path}: ${what}`, { hint: `usage: ${usage}` });
}
