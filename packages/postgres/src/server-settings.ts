import { ownFolder } from "./cluster.ts";

/** Marks our servers in the process table, and their command lines as ours. */
export const clusterName = "opendepot";
/** The socket's name, which follows from the port that is otherwise not used. */
export const socketName = ".s.PGSQL.5432";

/** What the settings depend on. */
export interface ServerSettingsOptions {
  readonly clusterDir: string;
  readonly major: number;
  /** Override ours. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The arguments of `postgres`. Settings are given here at every start and not written into the data folder, so
 * that a newer version of this package brings its own.
 */
export function serverArguments({ clusterDir, major, settings }: ServerSettingsOptions): readonly string[] {
  const own = ownFolder(clusterDir);
  const all = {
    ...small,
    // The workers for asynchronous reads, new in 18, are of no use to a database of this size.
    ...(major >= 18 ? { io_method: "sync" } : {}),
    ...settings,
    unix_socket_directories: own,
    ...closed,
  };
  return ["-D", own, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** Reached through the socket in a folder that only its owner may enter, and in no other way. */
const closed = {
  listen_addresses: "",
  port: "5432",
  unix_socket_permissions: "0600",
  cluster_name: clusterName,
};

const small = {
  shared_buffers: "64MB",
  max_connections: "100",
  max_wal_size: "256MB",
  // Parallel queries need /dev/shm, which is tiny in many containers.
  max_parallel_workers_per_gather: "0",
  TimeZone: "UTC",
  log_timezone: "UTC",
  log_destination: "stderr",
  logging_collector: "off",
  log_line_prefix: "%m [%p] ",
  log_checkpoints: "off",
  // Failed statements are reported to the client that sent them; the log shall not hold what is in them.
  log_min_messages: "log",
  log_min_error_statement: "panic",
};
