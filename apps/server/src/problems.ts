import { isProblem, messageOf, Problem, systemCodeOf } from "@opendepot/base";

/** What the API answers with, besides the codes of the provider (`engine_missing` and its kin). */
export type ApiProblemCode =
  | "token_missing"
  | "token_unknown"
  | "token_expired"
  | "token_revoked"
  | "not_permitted"
  | "organization_not_found"
  | "project_not_found"
  | "project_not_given"
  | "build_not_found"
  | "token_not_found"
  | "images_not_found"
  | "push_not_found"
  | "copies_busy"
  | "argument_invalid"
  | "page_token_invalid"
  | "not_available_yet"
  | "build_ended"
  | "builder_gone"
  | "builder_start_timeout"
  | "cache_reset"
  | "server_draining"
  | "server_stopping"
  | "database_unavailable";

/** What can go wrong before the server answers anybody. */
export type StartProblemCode =
  | "option_invalid"
  | "option_unknown"
  | "already_running"
  | "not_running"
  | "start_failed"
  | "stop_failed"
  | "listen_failed"
  | "tls_files_invalid"
  | "data_dir_unusable"
  | "database_unreachable"
  | "schema_too_new"
  | "migration_changed";

export function tokenMissing(): Problem<ApiProblemCode> {
  return new Problem("token_missing", "no token was sent with the request", {
    hint: "set DEPOT_TOKEN, or run depot login --token",
  });
}

export function tokenUnknown(): Problem<ApiProblemCode> {
  return new Problem("token_unknown", "the token is not one of this server's", {
    hint: "check DEPOT_TOKEN and DEPOT_API_URL; depot-server token create makes a new token",
  });
}

export function tokenExpired(expiredAt: Date): Problem<ApiProblemCode> {
  return new Problem("token_expired", `the token expired at ${expiredAt.toISOString()}`, {
    hint: "make a new one with depot-server token create",
  });
}

export function tokenRevoked(): Problem<ApiProblemCode> {
  return new Problem("token_revoked", "the token was revoked", {
    hint: "make a new one with depot-server token create",
  });
}

/** More copies of saved images are wanted than run at a time. */
export function copiesBusy(why: string): Problem<ApiProblemCode> {
  return new Problem("copies_busy", `the server has too many images to copy: ${why}`, {
    hint: "push again later; depot-server start --copies-at-once lets more run at a time",
  });
}

export function notPermitted(what: string): Problem<ApiProblemCode> {
  return new Problem("not_permitted", `this token may not ${what}`, {
    hint: "use a token of a user or an organization that may",
  });
}

export function organizationNotFound(id: string): Problem<ApiProblemCode> {
  return new Problem("organization_not_found", `no organization ${JSON.stringify(id)} that this token may see`, {
    hint: "depot org list shows those there are",
  });
}

export function projectNotFound(id: string): Problem<ApiProblemCode> {
  return new Problem("project_not_found", `no project ${JSON.stringify(id)} that this token may see`, {
    hint: "depot list projects shows those there are, depot projects create NAME makes one",
  });
}

export function projectNotGiven(visible: number): Problem<ApiProblemCode> {
  return new Problem("project_not_given", `no project was given, and this token may see ${visible} of them`, {
    hint: "pass --project, set DEPOT_PROJECT_ID or run depot init; depot projects create NAME makes a project",
  });
}

export function buildNotFound(id: string): Problem<ApiProblemCode> {
  return new Problem("build_not_found", `no build ${JSON.stringify(id)} that this token may see`, {
    hint: "depot list builds shows those of a project",
  });
}

export function tokenNotFound(id: string): Problem<ApiProblemCode> {
  return new Problem("token_not_found", `no token with the id ${JSON.stringify(id)}`);
}

export function imagesNotFound(names: readonly string[]): Problem<ApiProblemCode> {
  const some = names.slice(0, 10).map((name) => JSON.stringify(name));
  return new Problem("images_not_found", `no saved image ${some.join(", ")}${names.length > 10 ? ", …" : ""}`, {
    hint: "depot image list shows those of a project",
  });
}

export function pushNotFound(id: string): Problem<ApiProblemCode> {
  return new Problem("push_not_found", `no push ${JSON.stringify(id)} of this build that is under way`);
}

export function argumentInvalid(message: string, hint?: string): Problem<ApiProblemCode> {
  return new Problem("argument_invalid", message, { hint });
}

export function pageTokenInvalid(): Problem<ApiProblemCode> {
  return new Problem("page_token_invalid", "the page token is not one that this server gave", {
    hint: "begin again without a page token",
  });
}

export function notAvailableYet(what: string): Problem<ApiProblemCode> {
  return new Problem("not_available_yet", `${what} is not available yet on this server`);
}

/** Why nothing more may be done with a build: it has ended, by its client or by the server. */
export function buildEnded(id: string, how: string): Problem<ApiProblemCode> {
  return new Problem("build_ended", `build ${id} is over: ${how}`, { hint: "start the build again" });
}

export function builderGone(cause?: unknown): Problem<ApiProblemCode> {
  const why = cause === undefined ? "it was stopped" : messageOf(cause);
  return new Problem("builder_gone", `the builder is gone: ${why}`, {
    hint: "start the build again; the cache is kept",
    cause,
  });
}

export function builderStartTimedOut(timeoutMs: number): Problem<ApiProblemCode> {
  return new Problem("builder_start_timeout", `the builder did not start within ${timeoutMs / 1000} s`, {
    hint: "look at the server's log, then start the build again",
  });
}

export function cacheReset(): Problem<ApiProblemCode> {
  return new Problem("cache_reset", "the project's cache was reset while this build ran", {
    hint: "start the build again",
  });
}

export function serverDraining(): Problem<ApiProblemCode> {
  return new Problem("server_draining", "the server is being stopped and takes no new builds", {
    hint: "try again when it runs again",
  });
}

/** Why a build is cut that still runs when its server stops. */
export function serverStopping(): Problem<ApiProblemCode> {
  return new Problem("server_stopping", "the server was stopped while the build ran", {
    hint: "start the build again when the server runs again; the cache is kept",
  });
}

export function optionInvalid(name: string, value: string, expected: string): Problem<StartProblemCode> {
  return new Problem("option_invalid", `${name} cannot be ${JSON.stringify(value)}`, { hint: expected });
}

export function optionUnknown(name: string, close: string | undefined): Problem<StartProblemCode> {
  return new Problem("option_unknown", `unknown setting ${name}`, {
    hint: close ? `did you mean ${close}?` : "depot-server start --help lists the settings",
  });
}

export function alreadyRunning(dataDir: string, pid: number): Problem<StartProblemCode> {
  return new Problem("already_running", `a server with process id ${pid} already runs on ${dataDir}`, {
    hint: "depot-server status shows it, depot-server stop ends it; another one needs another --data-dir",
    detail: { pid, dataDir },
  });
}

export function notRunning(dataDir: string): Problem<StartProblemCode> {
  return new Problem("not_running", `no server runs on ${dataDir}`, {
    hint: "start it with depot-server start, or name its folder with --data-dir",
  });
}

export function startFailed(reason: string, logFile: string): Problem<StartProblemCode> {
  return new Problem("start_failed", `the server did not start: ${reason}`, { hint: `its log is ${logFile}` });
}

export function stopFailed(pid: number): Problem<StartProblemCode> {
  return new Problem("stop_failed", `process ${pid} did not end`, { hint: "look at it with ps, or stop with --force" });
}

export function listenFailed(address: string, cause: unknown): Problem<StartProblemCode> {
  const taken = systemCodeOf(cause) === "EADDRINUSE";
  return new Problem("listen_failed", `cannot listen on ${address}: ${taken ? "address in use" : messageOf(cause)}`, {
    cause,
    hint: "choose another address with --listen and --gateway-listen, or end what listens there",
  });
}

export function dataDirUnusable(dataDir: string, cause: unknown): Problem<StartProblemCode> {
  return new Problem("data_dir_unusable", `cannot use ${dataDir} as data folder: ${messageOf(cause)}`, {
    cause,
    hint: "choose a folder of your own with --data-dir",
  });
}

export function schemaTooNew(migration: string): Problem<StartProblemCode> {
  return new Problem("schema_too_new", `the database was used by a newer depot-server (it holds ${migration})`, {
    hint: "run that version, or restore a backup of the database",
  });
}

export function migrationChanged(migration: string): Problem<StartProblemCode> {
  return new Problem("migration_changed", `the database holds ${migration} in another form than this depot-server`, {
    hint: "released migrations are never edited: run the version that made the database, or restore a backup",
  });
}

/** SQLSTATE classes and system codes of a server that cannot be used: connection, credentials, name, shutting down. */
const UNREACHABLE = /^(?:08|28|3D|57P|E(?:CONN|HOST|NET|AI|PIPE|TIME|NOENT|NOTFOUND))/;
/** What `pg` says where it gives no code. */
const UNREACHABLE_TEXT = /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

/** Whether a query failed because the database does not answer, which may pass. */
export function isDatabaseAway(thrown: unknown): boolean {
  if (isProblem(thrown) || !(thrown instanceof Error)) return false;
  return UNREACHABLE.test(systemCodeOf(thrown) ?? "") || UNREACHABLE_TEXT.test(thrown.message);
}

/** A call that could not be answered because the database does not answer. */
export function databaseUnavailable(cause: unknown): Problem<ApiProblemCode> {
  return new Problem("database_unavailable", "the server's database does not answer", {
    cause,
    hint: "try again in a moment; the server's log says more",
  });
}

/** A start that failed on the database, in words; problems and bugs pass untouched. */
export function toDatabaseProblem(thrown: unknown): unknown {
  if (!isDatabaseAway(thrown)) return thrown;
  return new Problem<StartProblemCode>("database_unreachable", `cannot use the database: ${messageOf(thrown)}`, {
    cause: thrown,
    hint: "check DATABASE_URL, or leave it out to run on a managed local PostgreSQL",
  });
}

/** The certificate or its key could not be read, or they are not what they should be. */
export function tlsFilesInvalid(
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  cause: unknown,
): Problem<StartProblemCode> {
  return new Problem("tls_files_invalid", `cannot use ${certFile} with ${keyFile}: ${messageOf(cause)}`, {
    hint: "--tls-cert takes a certificate with its chain in PEM, --tls-key its key without a password",
    cause,
  });
}
