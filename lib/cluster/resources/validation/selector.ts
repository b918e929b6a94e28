import type { FieldError } from "../kind";
import type { LabelSelector } from "../types";
import { forbidden, invalid, invalidEach, required } from "./errors";
import { validateLabels } from "./metadata";
import { labelValue, qualifiedName } from "./names";

/** ValidateLabelSelector of apimachinery. */
export function validateSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, `${field}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) => {
      const at = `${field}.matchExpressions[${index}]`;
      const values = requirement.values ?? [];
      const errors = invalidEach(`${at}.key`, requirement.key, qualifiedName(requirement.key ?? ""));
      if (requirement.operator === "In" || requirement.operator === "NotIn") {
        if (values.length === 0) {
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        values.forEach((value, at2) =>
          errors.push(...invalidEach(`${at}.values[${at2}]`, value, labelValue(value))),
        );
      } else if (requirement.operator === "Exists" || requirement.operator === "DoesNotExist") {
        if (values.length > 0) {
          errors.push(
            forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        }
      } else {
        errors.push(invalid(`${at}.operator`, requirement.operator, "not a valid selector operator"));
      }
      return errors;
    }),
  ];
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/** Whether the labels satisfy the selector; an empty selector matches everything. */
export function selectorMatches(selector: LabelSelector, labels: Record<string, string> = {}): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      return operator === "Exists" ? value !== undefined : value === undefined;
    })
  );
}

/** Both an apps selector and its template: the selector must be set, not empty, and match. */
export function validateTemplateSelector(
  selector: LabelSelector | undefined,
  templateLabels: Record<string, string> | undefined,
  field = "spec",
): FieldError[] {
  if (!selector) return [required(`${field}.selector`)];
  const errors = validateSelector(selector, `${field}.selector`);
  if (isEmptySelector(selector)) {
    errors.push(invalid(`${field}.selector`, selector, "empty selector is invalid for deployment"));
  } else if (errors.length === 0 && !selectorMatches(selector, templateLabels)) {
    errors.push(
      invalid(
        `${field}.template.metadata.labels`,
        templateLabels ?? null,
        "`selector` does not match template `labels`",
      ),
    );
  }
  return errors;
}
