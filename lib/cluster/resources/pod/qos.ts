import { compareQuantities } from "../quantity";
import type { PodSpec } from "../types";
import { allContainers } from "../pod-spec/defaults";

type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** ComputePodQOS of pkg/apis/core/helper/qos: cpu and memory of all containers but the ephemeral ones decide. */
export function qosClass(spec: PodSpec): QosClass {
  const containers = allContainers({ ...spec, ephemeralContainers: undefined });
  const of = (part: "limits" | "requests", resources: (typeof containers)[number]["resources"]) =>
    (["cpu", "memory"] as const).filter((name) => compareQuantities(resources?.[part]?.[name], 0) > 0);
  if (
    containers.every(
      ({ resources }) => of("limits", resources).length + of("requests", resources).length === 0,
    )
  ) {
    return "BestEffort";
  }
  const guaranteed = containers.every(
    ({ resources }) =>
      of("limits", resources).length === 2 &&
      (["cpu", "memory"] as const).every((name) => {
        const request = resources?.requests?.[name];
        return request === undefined || compareQuantities(request, resources?.limits?.[name]) === 0;
      }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
