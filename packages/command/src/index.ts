export type { Command, Example, Flag, Invocation } from "./command.ts";
export { renderHelp, usageLine } from "./help.ts";
export { isUsageProblem, type Parsed, parseCommandLine } from "./parse.ts";
export type { UsageProblemCode } from "./problems.ts";
