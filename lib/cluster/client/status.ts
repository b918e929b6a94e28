import type { FieldError } from "@/lib/cluster/resources/kind";

/** metav1.Status: what every failed request answers with. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, unknown>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

export interface GroupResource {
  group: string;
  plural: string;
}

/** A failed request as apimachinery's `StatusError`; `status` is the body that goes over the wire. */
export class ApiStatusError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = "ApiStatusError";
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code,
    };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }

  /** Anything thrown becomes a Status; what was not one becomes a 500 that keeps its cause. */
  static from(thrown: unknown): ApiStatusError {
    if (thrown instanceof ApiStatusError) return thrown;
    const error = internalError(thrown instanceof Error ? thrown.message : String(thrown));
    error.cause = thrown;
    return error;
  }
}

export const hasReason = (thrown: unknown, reason: string): thrown is ApiStatusError =>
  thrown instanceof ApiStatusError && thrown.reason === reason;
export const isNotFound = (thrown: unknown) => hasReason(thrown, "NotFound");
export const isAlreadyExists = (thrown: unknown) => hasReason(thrown, "AlreadyExists");
export const isForbidden = (thrown: unknown) => hasReason(thrown, "Forbidden");
export const isConflict = (thrown: unknown) => hasReason(thrown, "Conflict");
export const isExpired = (thrown: unknown) =>
  thrown instanceof ApiStatusError && (thrown.reason === "Expired" || thrown.reason === "Gone");

/** "pods", "deployments.apps". */
export function qualified({ group, plural }: GroupResource): string {
  return group ? `${plural}.${group}` : plural;
}

const detailsOf = (resource: GroupResource, name?: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(resource.group ? { group: resource.group } : {}),
  ...(resource.plural ? { kind: resource.plural } : {}),
});

/** The texts below follow apimachinery 1.34 pkg/api/errors/errors.go. */
export function notFound(resource: GroupResource, name: string): ApiStatusError {
  return new ApiStatusError(
    404,
    "NotFound",
    `${qualified(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

export function alreadyExists(resource: GroupResource, name: string): ApiStatusError {
  return new ApiStatusError(
    409,
    "AlreadyExists",
    `${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

export const modifiedText =
  "the object has been modified; please apply your changes to the latest version and try again";

export function conflict(resource: GroupResource, name: string, why = modifiedText): ApiStatusError {
  return new ApiStatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );
}

export function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: FieldError[],
): ApiStatusError {
  const causes = errors.map(({ type, message, field }) => ({ reason: type, message, field }));
  const texts = [...new Set(errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const qualifiedKind = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  return new ApiStatusError(422, "Invalid", `${qualifiedKind} "${name}" is invalid: ${list}`, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.kind,
    causes,
  });
}

export function forbidden(resource: GroupResource, name: string, why: string): ApiStatusError {
  const what = !resource.plural
    ? "forbidden"
    : name
      ? `${qualified(resource)} "${name}" is forbidden`
      : `${qualified(resource)} is forbidden`;
  return new ApiStatusError(403, "Forbidden", `${what}: ${why}`, detailsOf(resource, name));
}

export const badRequest = (message: string) => new ApiStatusError(400, "BadRequest", message);

export const unauthorized = () => new ApiStatusError(401, "Unauthorized", "Unauthorized");

export function methodNotSupported(resource: GroupResource, action: string): ApiStatusError {
  return new ApiStatusError(
    405,
    "MethodNotAllowed",
    `${action} is not supported on resources of kind "${qualified(resource)}"`,
    detailsOf(resource),
  );
}

/** An unknown path: what client-go makes of a plain 404. */
export const noSuchResource = () =>
  new ApiStatusError(404, "NotFound", "the server could not find the requested resource", {});

export const expired = (message: string) => new ApiStatusError(410, "Expired", message);
export const tooOldResourceVersion = (asked: number, oldest: number) =>
  expired(`too old resource version: ${asked} (${oldest})`);

export const tooManyRequests = (message: string, retryAfterSeconds: number) =>
  new ApiStatusError(429, "TooManyRequests", message, { retryAfterSeconds });

export const internalError = (message: string) =>
  new ApiStatusError(500, "InternalError", `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });

export const serviceUnavailable = (message: string) => new ApiStatusError(503, "ServiceUnavailable", message);

export const timeout = (message: string, retryAfterSeconds = 0) =>
  new ApiStatusError(504, "Timeout", `Timeout: ${message}`, { retryAfterSeconds });

export const requestTooLarge = (message: string) => new ApiStatusError(413, "RequestEntityTooLarge", message);

export function unsupportedMediaType(accepted: string[]): ApiStatusError {
  const list = accepted.join(", ");
  return new ApiStatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

export function notAcceptable(accepted: string[]): ApiStatusError {
  return new ApiStatusError(
    406,
    "NotAcceptable",
    `only the following media types are accepted: ${accepted.join(", ")}`,
  );
}

/** field.Error of apimachinery, `message` without the path. */
export const fieldInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field,
  message: `Invalid value: ${goValue(value)}${detail ? `: ${detail}` : ""}`,
});
export const fieldRequired = (field: string, detail = ""): FieldError => ({
  type: "FieldValueRequired",
  field,
  message: `Required value${detail ? `: ${detail}` : ""}`,
});
export const fieldForbidden = (field: string, detail: string): FieldError => ({
  type: "FieldValueForbidden",
  field,
  message: `Forbidden${detail ? `: ${detail}` : ""}`,
});

/** How Go's field.Error prints a value: strings quoted, numbers and booleans bare, the rest as JSON. */
function goValue(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}
