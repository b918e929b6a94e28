import type { Condition, CustomResourceNames } from "@/lib/cluster/resources/types";
import { deepEqual } from "../json";

export type ConditionState = Pick<Condition, "status" | "reason" | "message"> & { type: string };

export interface Acceptance {
  /** As far as nobody else has them. */
  names: CustomResourceNames;
  condition: ConditionState;
}

/**
 * The names that a definition may use in its group, where `claimed` are those of the definitions before it, its own
 * included (apiextensions-apiserver 1.34 pkg/controller/status/naming_controller.go).
 */
export function acceptNames(
  requested: CustomResourceNames,
  accepted: CustomResourceNames,
  claimed: CustomResourceNames[],
): Acceptance {
  const resources = new Set(
    claimed.flatMap(({ plural, singular = "", shortNames = [] }) => [plural, singular, ...shortNames]),
  );
  const kinds = new Set(claimed.flatMap(({ kind, listKind = "" }) => [kind, listKind]));
  const inUse = (name: string, own: string, used: Set<string>) =>
    name !== own && used.has(name) ? `${JSON.stringify(name)} is already in use` : undefined;
  const names: CustomResourceNames = { ...accepted };
  let condition: ConditionState = {
    type: "NamesAccepted",
    status: "True",
    reason: "NoConflicts",
    message: "no conflicts found",
  };
  const refuse = (reason: string, message: string) => {
    condition = { type: "NamesAccepted", status: "False", reason, message };
  };
  const single = (part: "plural" | "singular" | "kind" | "listKind", reason: string, used: Set<string>) => {
    const wanted = requested[part] ?? "";
    const taken = inUse(wanted, accepted[part] ?? "", used);
    if (taken) refuse(reason, taken);
    else names[part] = wanted;
  };
  single("plural", "PluralConflict", resources);
  single("singular", "SingularConflict", resources);
  const shortNames = requested.shortNames ?? [];
  if (!deepEqual(shortNames, accepted.shortNames ?? [])) {
    const taken = shortNames.flatMap((name) =>
      accepted.shortNames?.includes(name) ? [] : (inUse(name, "", resources) ?? []),
    );
    if (taken.length > 0)
      refuse("ShortNamesConflict", taken.length === 1 ? taken[0]! : `[${taken.join(", ")}]`);
    else names.shortNames = requested.shortNames;
  }
  single("kind", "KindConflict", kinds);
  single("listKind", "ListKindConflict", kinds);
  names.categories = requested.categories;
  for (const part of ["shortNames", "categories"] as const) if (!names[part]?.length) delete names[part];
  return { names, condition };
}
