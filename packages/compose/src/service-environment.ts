import { isProblem } from "@opendepot/base";
import { type Decoder, decodeVariables } from "./decode-value.ts";
import { dotenvFailure, parseDotenv } from "./dotenv.ts";
import type { Environment, LoadComposeOptions } from "./load-options.ts";
import { composeProblem } from "./problems.ts";
import type { ComposeVariables } from "./project.ts";
import { readText } from "./read-file.ts";

/** A service's environment as its section has it, before its files are read. */
export interface DeclaredEnvironment {
  readonly variables: ComposeVariables;
  readonly files: readonly EnvFile[];
}

/** One `env_file` in its long form. */
export interface EnvFile {
  readonly path: string;
  readonly isRequired: boolean;
  readonly format: string;
}

/** Reads `environment` and `env_file` of a checked service; what does not fit is noted in `decoder`. */
export function decodeEnvironment(decoder: Decoder): DeclaredEnvironment {
  return {
    variables: decoder.read("environment", decodeVariables, new Map()),
    files: decoder.list("env_file", (file) => ({
      path: file.text("path"),
      isRequired: file.flag("required"),
      format: file.text("format"),
    })),
  };
}

/**
 * Gives variables without a value the project's, and puts those of the files below them, as compose-go v2 does
 * (`WithServicesEnvironmentResolved`).
 *
 * @throws {Problem} `compose_file`, `dotenv_syntax`, `compose_invalid`
 */
export function resolveServiceEnvironment(
  { variables, files }: DeclaredEnvironment,
  environment: Environment,
  options: LoadComposeOptions,
): ComposeVariables {
  const own = new Map([...variables].map(([name, value]) => [name, value ?? environment.get(name)]));
  const known = new Map<string, string>();
  for (const [name, value] of own) if (value !== undefined) known.set(name, value);
  for (const file of files)
    readEnvFile(file, { into: known, lookup: (name) => environment.get(name) ?? own.get(name), options });
  return new Map<string, string | undefined>([...known, ...own]);
}

function readEnvFile(
  { path, isRequired, format }: EnvFile,
  context: {
    into: Map<string, string>;
    lookup: (name: string) => string | undefined;
    options: LoadComposeOptions;
  },
): void {
  const { into, lookup, options } = context;
  const isThere = options.isDirectory?.(path) === true || options.readFile(path) !== undefined;
  if (!isThere) {
    if (!isRequired) return;
    throw composeProblem("compose_file", `env file ${path} not found: stat ${path}: no such file or directory`, {
      hint: "create the file, or set required: false in its env_file entry",
    });
  }
  if (format !== "" && format !== ".env")
    throw composeProblem("compose_invalid", `unsupported env_file format ${JSON.stringify(format)}`);
  const text = readText(path, options);
  try {
    parseDotenv(text, lookup, into);
  } catch (error) {
    if (!isProblem(error)) throw error;
    throw dotenvFailure(path, error);
  }
}
