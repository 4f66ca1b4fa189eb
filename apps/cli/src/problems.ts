import { Problem } from "@opendepot/base";

/** Problems of the command itself, beside those of the packages and the server. */
export type CliProblemCode =
  | "build_arg_invalid"
  | "build_canceled"
  | "build_failed"
  | "trust_file_invalid"
  | "builder_content_invalid"
  | "builder_lost"
  | "builder_wait_exceeded"
  | "config_invalid"
  | "config_unwritable"
  | "confirmation_missing"
  | "context_missing"
  | "context_not_folder"
  | "context_unreadable"
  | "dockerfile_missing"
  | "dockerfile_unreadable"
  | "file_exists"
  | "flag_conflict"
  | "flag_not_yet"
  | "flag_value_invalid"
  | "interrupted"
  | "organization_missing"
  | "output_invalid"
  | "output_unwritable"
  | "platform_not_loadable"
  | "project_missing"
  | "registry_auth_invalid"
  | "save_unavailable"
  | "secret_invalid"
  | "server_url_invalid"
  | "ssh_invalid"
  | "command_not_yet"
  | "stdout_closed"
  | "stdout_unwritable"
  | "token_missing";

/** A value that a flag cannot take. */
export function flagValueInvalid(flag: string, value: string, why: string, hint?: string): Problem<CliProblemCode> {
  return new Problem("flag_value_invalid", `invalid value ${JSON.stringify(value)} for ${flag}: ${why}`, { hint });
}

/** Two flags that exclude each other. */
export function flagConflict(message: string, hint?: string): Problem<CliProblemCode> {
  return new Problem("flag_conflict", message, { hint });
}

/** Something that a later version will do; never ignored in silence. */
export function flagNotYet(flag: string, what: string): Problem<CliProblemCode> {
  return new Problem("flag_not_yet", `${flag} is not supported yet: ${what}`, {
    hint: 'see "depot build --help" for what is supported today',
    detail: { flag },
  });
}

/** No token anywhere. */
export function tokenMissing(): Problem<CliProblemCode> {
  return new Problem("token_missing", "missing API token", {
    hint: "run depot login --token TOKEN, or set DEPOT_TOKEN; depot-server prints a token when it starts for the first time",
  });
}

/** No project anywhere; `known` are those that there are, where the server told. */
export function projectMissing(known: ReadonlyArray<{ id?: string; name?: string }> = []): Problem<CliProblemCode> {
  const list = known.slice(0, 5).map(({ id, name }) => `${id} (${name})`);
  const which = list.length > 0 ? `; there ${list.length === 1 ? "is" : "are"} ${list.join(", ")}` : "";
  return new Problem("project_missing", "no project: neither --project, DEPOT_PROJECT_ID nor a depot.json names one", {
    hint: `run depot init in the project's folder, or depot projects create NAME for a new one${which}`,
  });
}

/** `DEPOT_PUSH_REGISTRY_AUTH` that is nothing of the kind; its value is not repeated. */
export function registryAuthInvalid(): Problem<CliProblemCode> {
  return new Problem("registry_auth_invalid", "DEPOT_PUSH_REGISTRY_AUTH is not base64 of USER:PASSWORD", {
    hint: "take the text of auth from docker's config.json, or set DEPOT_PUSH_REGISTRY_USERNAME and _PASSWORD",
  });
}

/** `--save` where there is no place to save images in. */
export function saveUnavailable(): Problem<CliProblemCode> {
  return new Problem("save_unavailable", "the server named no place to save the image in", {
    hint: "saving needs a depot-server with its registry; leave --save out, or push with --tag and --push",
  });
}

/** A settings file that cannot be read or understood. */
export function configInvalid(path: string, why: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("config_invalid", `cannot read settings from ${path}: ${why}`, {
    cause,
    hint: "correct the file or remove it",
    detail: { path },
  });
}

/** A settings file that cannot be written. */
export function configUnwritable(path: string, cause: unknown): Problem<CliProblemCode> {
  return new Problem("config_unwritable", `cannot write ${path}: ${(cause as Error).message}`, {
    cause,
    hint: "check the folder's permissions, or set XDG_CONFIG_HOME to a folder that can be written",
    detail: { path },
  });
}

/** A server address that is no URL. */
export function serverUrlInvalid(text: string, source: string): Problem<CliProblemCode> {
  return new Problem("server_url_invalid", `${source} is not a server address: ${JSON.stringify(text)}`, {
    hint: "write it as http://host:port or https://host",
  });
}

/** A person or a supervisor asked us to stop. */
export function interrupted(signal: string): Problem<CliProblemCode> {
  return new Problem("interrupted", `canceled (${signal})`, { detail: { signal } });
}

/** Something that cannot be taken back, where nobody can be asked. */
export function confirmationMissing(command: string): Problem<CliProblemCode> {
  return new Problem("confirmation_missing", `${command} cannot ask for confirmation here`, {
    hint: "confirm with --yes",
  });
}

/** No organization anywhere. */
export function organizationMissing(): Problem<CliProblemCode> {
  return new Problem("organization_missing", "no current organization", {
    hint: "choose one with depot org switch ORG-ID; depot org list shows them",
  });
}

/** A file that would be overwritten. */
export function fileExists(path: string): Problem<CliProblemCode> {
  return new Problem("file_exists", `${path} already exists`, {
    hint: "overwrite it with --force",
    detail: { path },
  });
}

/** `depot login` without a token: logging in with a browser is not there yet. */
export function loginTokenMissing(): Problem<CliProblemCode> {
  return new Problem("token_missing", "depot login needs a token: logging in with a browser is not supported yet", {
    hint: "run depot login --token TOKEN; depot-server prints a token when it starts for the first time",
  });
}

/** A command of the hosted product that a later version will have. */
export function commandNotYet(name: string): Problem<CliProblemCode> {
  return new Problem("command_not_yet", `depot ${name} is not supported yet`, {
    hint: 'see "depot --help" for the commands there are today',
    detail: { command: name },
  });
}

/** The engine ended the build with an error. */
export function buildFailed(message: string, hint: string | undefined, cause: unknown): Problem<CliProblemCode> {
  return new Problem("build_failed", `failed to solve: ${message}`, { cause, hint });
}

/** The way to the engine broke in the middle of a build, and did so again when it was made anew. */
export function builderLost(cause: Error): Problem<CliProblemCode> {
  return new Problem("builder_lost", cause.message, {
    cause,
    hint: "build again: steps that were done come from the cache; depot-server status tells how the builder is",
  });
}

/** Nobody reads stdout any more, as when a pipe's other end has gone. Not worth a word. */
export function stdoutClosed(): Problem<CliProblemCode> {
  return new Problem("stdout_closed", "the reader of stdout has gone");
}

/** What was asked for could not be written to stdout, as on a full disk. */
export function stdoutUnwritable(cause: Error): Problem<CliProblemCode> {
  return new Problem("stdout_unwritable", `cannot write to stdout: ${cause.message}`, {
    cause,
    hint: "check where the output goes and whether there is room",
  });
}
