/** The codes that every process shares. They decide the HTTP status at a web wall and the exit code of the CLI. */
export const errorCodes = [
  "invalid", // the caller's input is wrong: fix it and call again
  "unauthenticated",
  "forbidden",
  "not-found",
  "conflict", // the thing exists already, or is in a state that forbids this
  "exhausted", // a limit is reached: try again later
  "timeout",
  "unavailable", // a process or service that we need does not answer
  "unsupported",
  "internal",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What a code is over HTTP, between our processes and to a browser alike. */
export const httpStatusOf: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  exhausted: 429,
  timeout: 504,
  unavailable: 503,
  unsupported: 501,
  internal: 500,
};

const mark = Symbol.for("examctl.AppError");

/**
 * An error with a code, a sentence fit for the person who caused it, and the cause for the log.
 * The sentence says what, where and how to mend it; it never carries a secret.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Facts for programs: field paths, limits, exit codes. Plain JSON. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Known by a mark: the pages are built in parts, each with a class of its own, and throw to one another. */
  static override [Symbol.hasInstance](thrown: unknown): thrown is AppError {
    return typeof thrown === "object" && thrown !== null && mark in thrown;
  }

  get [mark](): true {
    return true;
  }

  /** Anything thrown becomes an AppError; what was not one becomes `internal` and keeps its cause. */
  static from(thrown: unknown, message = "Something went wrong inside examctl."): AppError {
    return thrown instanceof AppError ? thrown : new AppError("internal", message, { cause: thrown });
  }
}
