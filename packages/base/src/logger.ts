/** Values that a log line may carry beside its message. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured logging as every component sees it; passed in, never imported.
 *
 * The message is constant text; what varies goes into fields with fixed keys
 * (`buildId`, `leaseId`, `builderId`, `projectId`…).
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  with(fields: LogFields): Logger;
}

/** Drops every line. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};
