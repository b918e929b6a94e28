import { pino, type Logger } from "pino";

export type { Logger };

/** Paths whose values never reach a log, whatever a caller passes. */
const secretPaths = [
  "password",
  "token",
  "ticket",
  "secret",
  "authorization",
  "cookie",
  "privateKey",
  "key",
  "databaseUrl",
];

/**
 * A JSON logger on standard error, one line an event: `{"level":30,"time":...,"process":"labd","msg":...}`.
 * EXAMCTL_LOG_LEVEL sets the level (default info).
 */
export function createLogger(processName: string): Logger {
  return pino(
    {
      level: process.env.EXAMCTL_LOG_LEVEL ?? "info",
      base: { process: processName, pid: process.pid },
      redact: { paths: secretPaths.flatMap((path) => [path, `*.${path}`]), censor: "[redacted]" },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
