import type { FieldError } from "../kind";
import type { Pod, PodSpec } from "../types";
import { forbidden, invalid, same } from "../validation/errors";
import { podSpecDiff } from "./spec-diff";

const fixed =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** ValidatePodUpdate: everything of a pod's spec is fixed but images, deadline, added tolerations and gates taken away. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ["containers", "initContainers"] as const) {
    const [now, then] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    if (now.length !== then.length) {
      return [forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    }
  }
  const { activeDeadlineSeconds: deadline } = pod.spec;
  const oldDeadline = old.spec.activeDeadlineSeconds;
  if (oldDeadline !== undefined && deadline === undefined) {
    errors.push(
      invalid("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value"),
    );
  } else if (deadline !== undefined && oldDeadline !== undefined && deadline > oldDeadline) {
    errors.push(
      invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value"),
    );
  }
  const tolerations = pod.spec.tolerations ?? [];
  if (!(old.spec.tolerations ?? []).every((one) => tolerations.some((other) => same(one, other)))) {
    errors.push(
      forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"),
    );
  }
  const masked = mask(pod.spec, old.spec);
  if (!same(masked, old.spec)) errors.push(forbidden("spec", `${fixed}\n${podSpecDiff(old.spec, masked)}`));
  return errors;
}

/** The new spec with everything that may change set back to what it was. */
function mask(spec: PodSpec, old: PodSpec): PodSpec {
  const images = (list: "containers" | "initContainers") =>
    spec[list]?.map((container, index) => ({ ...container, image: old[list]?.[index]?.image }));
  const gated = (old.schedulingGates ?? []).length > 0;
  return {
    ...spec,
    containers: images("containers") ?? [],
    initContainers: images("initContainers"),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    // While a pod is gated, its node selector may be narrowed.
    ...(gated ? { nodeSelector: old.nodeSelector, affinity: old.affinity } : {}),
    ...((old.terminationGracePeriodSeconds ?? 0) < 0
      ? { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }
      : {}),
  };
}
