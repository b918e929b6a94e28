import type { FieldError } from "../kind";

const titles: Record<FieldError["type"], string> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

/** field.Error of apimachinery: strings quoted as Go's %q, the rest as JSON. */
function body(type: FieldError["type"], detail: string, value?: unknown): string {
  const shown = value === undefined ? "" : `: ${value === null ? "null" : JSON.stringify(value)}`;
  return `${titles[type]}${shown}${detail ? `: ${detail}` : ""}`;
}

function make(type: FieldError["type"], field: string, detail: string, value?: unknown): FieldError {
  return { type, field, message: body(type, detail, value) };
}

export const required = (field: string, detail = ""): FieldError => make("FieldValueRequired", field, detail);

export const invalid = (field: string, value: unknown, detail: string): FieldError =>
  make("FieldValueInvalid", field, detail, value ?? null);

export const forbidden = (field: string, detail: string): FieldError =>
  make("FieldValueForbidden", field, detail);

export const duplicate = (field: string, value: unknown): FieldError =>
  make("FieldValueDuplicate", field, "", value ?? null);

export const notFound = (field: string, value: unknown): FieldError =>
  make("FieldValueNotFound", field, "", value ?? null);

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  make(
    "FieldValueNotSupported",
    field,
    supported.length > 0
      ? `supported values: ${supported.map((name) => JSON.stringify(name)).join(", ")}`
      : "",
    value ?? "",
  );

export const tooLong = (field: string, bytesMax: number): FieldError =>
  make("FieldValueTooLong", field, `may not be more than ${bytesMax} bytes`);

export const tooMany = (field: string, count: number, max: number): FieldError =>
  make("FieldValueTooMany", field, `must have at most ${max} item${max === 1 ? "" : "s"}`, count);

/** One error for each complaint about one value. */
export const invalidEach = (field: string, value: unknown, complaints: string[]): FieldError[] =>
  complaints.map((complaint) => invalid(field, value, complaint));

/** `validateImmutableField`: the message that every immutable field gives. */
export function immutable(field: string, value: unknown, old: unknown): FieldError[] {
  return same(value, old) ? [] : [invalid(field, value ?? null, "field is immutable")];
}

/** Semantic equality: key order and absent-or-empty do not count. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (isRecord(a) && isRecord(b)) {
    for (const key in a) if (!same(a[key], b[key])) return false;
    for (const key in b) if (!Object.hasOwn(a, key) && !isEmpty(b[key])) return false;
    return true;
  }
  return false;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isRecord(value)) return false;
  for (const _ in value) return false;
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
