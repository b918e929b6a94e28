import type { LabelSelector, PodSpec } from "../types";

export const none = "<none>";
export const orNone = (value: string | undefined | null): string => (value ? value : none);

/** labels.FormatLabels: "a=1,b=2" in key order. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return orNone(entries.map(([key, value]) => `${key}=${value}`).join(","));
}

/** metav1.FormatLabelSelector: "app=web,tier in (a,b),!old". */
export function formatSelector(selector: LabelSelector | undefined): string {
  const parts: [string, string][] = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => [
    key,
    `${key}=${value}`,
  ]);
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const set = `(${[...values].sort().join(",")})`;
    if (operator === "In") parts.push([key, `${key} in ${set}`]);
    else if (operator === "NotIn") parts.push([key, `${key} notin ${set}`]);
    else parts.push([key, operator === "Exists" ? key : `!${key}`]);
  }
  return orNone(
    parts
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, text]) => text)
      .join(","),
  );
}

export const containerNames = (spec: PodSpec | undefined): string =>
  (spec?.containers ?? []).map(({ name }) => name).join(",");

export const containerImages = (spec: PodSpec | undefined): string =>
  (spec?.containers ?? []).map(({ image }) => image ?? "").join(",");

/** The first three, then how many more: as endpoints and hosts are shown. */
export function firstThree(list: string[], whenEmpty: string): string {
  if (list.length === 0) return whenEmpty;
  const shown = list.slice(0, 3).join(",");
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}
