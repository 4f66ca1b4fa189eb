import { isProblem, messageOf } from "@opendepot/base";
import { composeProblem } from "./problems.ts";
import { InvalidTemplateError, type SubstituteOptions, substitute } from "./template.ts";
import { compileRules, formatPath, type RuleNode, type TreePath } from "./tree-path.ts";
import type { ComposeMapping, ComposeValue } from "./value.ts";

/**
 * Puts variables into all strings of a model and gives some of them the type they should have, as compose-go v2 does
 * (`interpolation/interpolation.go`, `loader/interpolate.go`). Keys are left alone.
 *
 * @throws {Problem} `compose_interpolation` with the path of the value
 */
export function interpolateModel(model: ComposeMapping, options: SubstituteOptions): ComposeMapping {
  return new Interpolation(options).mapping(model, CASTS);
}

class Interpolation {
  private readonly options: SubstituteOptions;
  private readonly path: string[] = [];

  constructor(options: SubstituteOptions) {
    this.options = options;
  }

  mapping(mapping: ComposeMapping, casts: RuleNode<Cast> | undefined): ComposeMapping {
    const result: ComposeMapping = new Map();
    for (const [key, value] of mapping) result.set(key, this.below(key, value, casts));
    return result;
  }

  private below(key: string, value: ComposeValue, casts: RuleNode<Cast> | undefined): ComposeValue {
    this.path.push(key);
    const result = this.value(value, casts?.at(key));
    this.path.pop();
    return result;
  }

  private value(value: ComposeValue, casts: RuleNode<Cast> | undefined): ComposeValue {
    if (typeof value === "string") return this.text(value, casts?.rule);
    if (Array.isArray(value)) return value.map((item) => this.below("[]", item, casts));
    return value instanceof Map ? this.mapping(value, casts) : value;
  }

  private text(text: string, cast: Cast | undefined): ComposeValue {
    if (cast === undefined && !text.includes("$")) return text;
    const substituted = this.substitute(text);
    if (cast === undefined) return substituted;
    try {
      return cast(substituted);
    } catch (error) {
      const message = `error while interpolating ${formatPath(this.path)}: failed to cast to expected type: ${messageOf(error)}`;
      throw composeProblem("compose_interpolation", message, { cause: error });
    }
  }

  private substitute(text: string): string {
    try {
      return substitute(text, this.options);
    } catch (error) {
      throw interpolationProblem(error, this.path);
    }
  }
}

function interpolationProblem(error: unknown, path: TreePath): unknown {
  const place = formatPath(path);
  if (error instanceof InvalidTemplateError) {
    const message = `invalid interpolation format for ${place}.\nYou may need to escape any $ with another $.\n${error.template}`;
    return composeProblem("compose_interpolation", message, { cause: error });
  }
  if (!isProblem(error, "compose_interpolation")) return error;
  return composeProblem("compose_interpolation", `error while interpolating ${place}: ${error.message}`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

/** A text that does not have the type it must have; the message is Go's. */
export class CastError extends Error {
  override readonly name = "CastError";
}

/** Reads an integer as Go's `strconv.Atoi` or `ParseInt` does. @throws {CastError} */
export function castInteger(text: string, goFunction = "Atoi"): bigint {
  if (!/^[-+]?[0-9]+$/.test(text)) throw numberError(goFunction, text, "invalid syntax");
  const value = BigInt(text.replace("+", ""));
  if (BigInt.asIntN(64, value) !== value) throw numberError(goFunction, text, "value out of range");
  return value;
}

function castFloat(text: string): number {
  const isNumber = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text);
  if (isNumber) return Number(text);
  const word = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (word === null) throw numberError("ParseFloat", text, "invalid syntax");
  if (/nan/i.test(text)) return Number.NaN;
  return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function numberError(goFunction: string, text: string, reason: string): CastError {
  return new CastError(`strconv.${goFunction}: parsing ${JSON.stringify(text)}: ${reason}`);
}

/** Reads a truth value as YAML 1.1 has them. @throws {CastError} */
export function castBoolean(text: string): boolean {
  switch (text.toLowerCase()) {
    case "true":
    case "y":
    case "yes":
    case "on":
      return true;
    case "false":
    case "n":
    case "no":
    case "off":
      return false;
    default:
      throw new CastError(`invalid boolean: ${text}`);
  }
}

type Cast = (text: string) => ComposeValue;

const toInt: Cast = (text) => castInteger(text);
const toInt64: Cast = (text) => castInteger(text, "ParseInt");

const CASTS = compileRules<Cast>({
  "services.*.cpu_count": toInt64,
  "services.*.cpu_percent": castFloat,
  "services.*.cpu_period": toInt64,
  "services.*.cpu_quota": toInt64,
  "services.*.cpu_rt_period": toInt64,
  "services.*.cpu_rt_runtime": toInt64,
  "services.*.cpus": castFloat,
  "services.*.cpu_shares": toInt64,
  "services.*.init": castBoolean,
  "services.*.depends_on.*.required": castBoolean,
  "services.*.depends_on.*.restart": castBoolean,
  "services.*.deploy.replicas": toInt,
  "services.*.deploy.update_config.parallelism": toInt,
  "services.*.deploy.update_config.max_failure_ratio": castFloat,
  "services.*.deploy.rollback_config.parallelism": toInt,
  "services.*.deploy.rollback_config.max_failure_ratio": castFloat,
  "services.*.deploy.restart_policy.max_attempts": toInt,
  "services.*.deploy.placement.max_replicas_per_node": toInt,
  "services.*.healthcheck.retries": toInt,
  "services.*.healthcheck.disable": castBoolean,
  "services.*.oom_kill_disable": castBoolean,
  "services.*.oom_score_adj": toInt64,
  "services.*.pids_limit": toInt64,
  "services.*.ports.[].target": toInt,
  "services.*.privileged": castBoolean,
  "services.*.read_only": castBoolean,
  "services.*.scale": toInt,
  "services.*.stdin_open": castBoolean,
  "services.*.tty": castBoolean,
  "services.*.ulimits.*": toInt,
  "services.*.ulimits.*.hard": toInt,
  "services.*.ulimits.*.soft": toInt,
  "services.*.volumes.[].read_only": castBoolean,
  "services.*.volumes.[].volume.nocopy": castBoolean,
  "networks.*.external": castBoolean,
  "networks.*.internal": castBoolean,
  "networks.*.attachable": castBoolean,
  "networks.*.enable_ipv4": castBoolean,
  "networks.*.enable_ipv6": castBoolean,
  "volumes.*.external": castBoolean,
  "secrets.*.external": castBoolean,
  "configs.*.external": castBoolean,
});
