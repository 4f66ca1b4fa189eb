import type { Problem } from "@opendepot/base";

/** Tells of a problem that does not end the build in a warning, with its hint. */
export function warnOfProblem(warn: (text: string) => void): (problem: Problem) => void {
  return ({ message, hint }) => warn(hint === undefined ? message : `${message} (${hint})`);
}
