import type { LogFields, Logger } from "@opendepot/base";
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from "pino";
import type { LogLevel } from "./config.ts";

/** Keys that hold secrets wherever they appear. Nothing of ours logs them; this is the second lock. */
const SECRET_KEYS = ["token", "password", "secret", "authorization", "connectionString", "databaseUrl", "keyPem"];

/** A logger that writes JSON lines, one for each event. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: (error: unknown) => (error instanceof Error ? stdSerializers.err(error) : error) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
  };
  return adapt(pino(options, destination));
}

function adapt(logger: PinoLogger): Logger {
  return {
    debug: (message, fields: LogFields = {}) => logger.debug(fields, message),
    info: (message, fields: LogFields = {}) => logger.info(fields, message),
    warn: (message, fields: LogFields = {}) => logger.warn(fields, message),
    error: (message, fields: LogFields = {}) => logger.error(fields, message),
    with: (fields) => adapt(logger.child(fields)),
  };
}
