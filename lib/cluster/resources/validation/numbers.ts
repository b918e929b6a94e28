import type { FieldError } from "../kind";
import type { IntOrString } from "../types";
import { invalid } from "./errors";

/** ValidateNonnegativeField; absent is good. */
export function nonNegative(value: number | undefined, field: string): FieldError[] {
  return value !== undefined && value < 0
    ? [invalid(field, value, "must be greater than or equal to 0")]
    : [];
}

/** ValidatePositiveIntOrPercent. */
export function intOrPercent(value: IntOrString | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") return nonNegative(value, field);
  return /^[0-9]+%$/.test(value)
    ? []
    : [
        invalid(
          field,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

/** IsNotMoreThan100Percent. */
export function atMost100Percent(value: IntOrString | undefined, field: string): FieldError[] {
  return typeof value === "string" && /^[0-9]+%$/.test(value) && Number(value.slice(0, -1)) > 100
    ? [invalid(field, value, "must not be greater than 100%")]
    : [];
}

export const isZero = (value: IntOrString | undefined): boolean =>
  value === 0 || value === "0%" || value === "0";
