export { type Clock, systemClock } from "./clock.ts";
export { accessAtOnce, readdirAtOnce, readFileAtOnce, statAtOnce } from "./files-at-once.ts";
export { giveBack } from "./give-back.ts";
export { abortable, acquireOr, anySignal, onAbort, withTimeout } from "./lifetime.ts";
export { type LogFields, type Logger, silentLogger } from "./logger.ts";
export { nearest } from "./nearest.ts";
export { assertNever, isProblem, messageOf, Problem, type ProblemOptions, systemCodeOf } from "./problem.ts";
export { Secret } from "./secret.ts";
