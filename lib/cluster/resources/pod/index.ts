import { defineKind } from "../define-kind";
import { defaultPodSpec, orDefault } from "../pod-spec/defaults";
import { validatePodSpec } from "../pod-spec/validate";
import type { Condition, Container, Pod } from "../types";
import { forbidden } from "../validation/errors";
import { podColumns } from "./columns";
import { qosClass } from "./qos";
import { validatePodUpdate } from "./validate-update";

/** In pods, not in templates, a limit without a request is its own request. */
function requestsFromLimits({ resources }: Container): void {
  for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
    resources!.requests ??= {};
    resources!.requests[name] ??= limit;
  }
}

/** pkg/registry/core/pod/strategy.go applySchedulingGatedCondition */
const gated: Condition = {
  type: "PodScheduled",
  status: "False",
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

export const pod = defineKind<Pod>("", "Pod", {
  columns: podColumns,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  defaults(object) {
    if (!object.spec) return;
    defaultPodSpec(object.spec);
    orDefault(object.spec, "enableServiceLinks", true);
    for (const container of [...(object.spec.containers ?? []), ...(object.spec.initContainers ?? [])]) {
      requestsFromLimits(container);
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { phase: "Pending", ...(object.spec ? { qosClass: qosClass(object.spec) } : {}) };
    if (object.spec?.schedulingGates?.length) object.status.conditions = [gated];
  },
  validate: (object) => validatePodSpec(object.spec, "spec"),
  validateCreate: ({ spec }) =>
    spec?.ephemeralContainers?.length
      ? [forbidden("spec.ephemeralContainers", "cannot be set on create")]
      : [],
  validateUpdate: validatePodUpdate,
  gracePeriodSeconds(object) {
    // A pod that no kubelet has, or that has ended, needs no grace.
    if (!object.spec.nodeName || object.status?.phase === "Failed" || object.status?.phase === "Succeeded")
      return 0;
    return object.spec.terminationGracePeriodSeconds ?? 30;
  },
});
