import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import { canonicalResources } from "../pod-spec/defaults";
import { compareQuantities } from "../quantity";
import type { LimitRange, LimitRangeItem } from "../types";
import { duplicate, forbidden, invalid, required } from "../validation/errors";

/** SetDefaults_LimitRangeItem: what a container gets without asking follows from the bounds. */
function defaultItem(item: LimitRangeItem): void {
  const lists = [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio];
  lists.forEach(canonicalResources);
  if (item.type !== "Container") return;
  if (item.max) item.default = { ...item.max, ...item.default };
  if (item.default) item.defaultRequest = { ...item.default, ...item.defaultRequest };
  if (item.min) item.defaultRequest = { ...item.min, ...item.defaultRequest };
}

function validateItem(item: LimitRangeItem, at: string): FieldError[] {
  if (item.type === "Pod") {
    return (["default", "defaultRequest"] as const)
      .filter((part) => Object.keys(item[part] ?? {}).length > 0)
      .map((part) => forbidden(`${at}.${part}`, "may not be specified when `type` is 'Pod'"));
  }
  const errors: FieldError[] = [];
  const names = new Set(Object.keys({ ...item.min, ...item.max, ...item.default, ...item.defaultRequest }));
  if (item.type === "PersistentVolumeClaim" && !item.min?.storage && !item.max?.storage) {
    errors.push(
      required(
        `${at}.limits`,
        "either minimum or maximum storage value is required, but neither was provided",
      ),
    );
  }
  for (const name of names) {
    const order = [
      ["min", "max"],
      ["min", "defaultRequest"],
      ["min", "default"],
      ["defaultRequest", "max"],
      ["defaultRequest", "default"],
      ["default", "max"],
    ] as const;
    for (const [low, high] of order) {
      const [small, large] = [item[low]?.[name], item[high]?.[name]];
      if (small === undefined || large === undefined || compareQuantities(small, large) <= 0) continue;
      const words: Record<string, string> = {
        min: "min",
        max: "max",
        default: "default",
        defaultRequest: "default request",
      };
      errors.push(
        invalid(
          `${at}.${low}[${name}]`,
          small,
          `${words[low]} value ${small} is greater than ${words[high]} value ${large}`,
        ),
      );
    }
  }
  return errors;
}

export const limitRange = defineKind<LimitRange>("", "LimitRange", {
  defaults({ spec }) {
    (spec?.limits ?? []).forEach(defaultItem);
  },
  validate({ spec }) {
    const types = new Set<string>();
    return (spec?.limits ?? []).flatMap((item, index) => {
      const at = `spec.limits[${index}]`;
      const errors = item.type ? [] : [required(`${at}.type`)];
      if (types.has(item.type)) errors.push(duplicate(`${at}.type`, item.type));
      types.add(item.type);
      return [...errors, ...validateItem(item, at)];
    });
  },
});
