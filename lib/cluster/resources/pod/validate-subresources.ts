import type { FieldError } from "../kind";
import type { Container, Pod } from "../types";
import { forbidden, invalid, same } from "../validation/errors";
import { qosClass } from "./qos";
import { podSpecDiff } from "./spec-diff";

const mirror = "kubernetes.io/config.mirror";

/** ValidatePodEphemeralContainersUpdate: containers may be added, never changed or taken away. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirror] !== undefined)
    return [forbidden("", "static pods do not support ephemeral containers")];
  const field = "spec.ephemeralContainers";
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((one) => [one.name, one]));
  return (old.spec.ephemeralContainers ?? []).flatMap((one) => {
    const name = JSON.stringify(one.name);
    const next = now.get(one.name);
    if (!next) return [forbidden(field, `existing ephemeral containers ${name} may not be removed\n`)];
    if (same(one, next)) return [];
    const diff = podSpecDiff(
      { ...old.spec, ephemeralContainers: [one] },
      { ...old.spec, ephemeralContainers: [next] },
    );
    return [forbidden(field, `existing ephemeral containers ${name} may not be changed\n${diff}`)];
  });
}

/** ValidatePodResize: cpu and memory of containers and sidecars, within the pod's class of service. */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  const refuse = (why: string) => [forbidden("", why)];
  if (hasResources(old) || hasResources(pod))
    return refuse("pods with pod-level resources cannot be resized");
  if (old.metadata.annotations?.[mirror] !== undefined) return refuse("static pods cannot be resized");
  if ((old.spec as { os?: { name?: string } }).os?.name === "windows")
    return refuse("windows pods cannot be resized");
  for (const list of ["containers", "initContainers"] as const) {
    const names = (of: Pod) => (of.spec[list] ?? []).map(({ name }) => name);
    if (names(pod).length !== names(old).length)
      return [forbidden("spec", "containers may not be added or removed on resize")];
    if (!same(names(pod), names(old)))
      return [forbidden("spec", "containers may not be renamed or reordered on resize")];
  }
  const errors: FieldError[] = [];
  if (qosClass(pod.spec) !== qosClass(old.spec))
    errors.push(
      invalid("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"),
    );
  for (const list of ["initContainers", "containers"] as const) {
    for (const [index, then] of (old.spec[list] ?? []).entries()) {
      const now = pod.spec[list]![index]!;
      if (list === "initContainers" && then.restartPolicy !== "Always") {
        if (!same(now, then))
          errors.push(forbidden("spec", "resources for non-sidecar init containers are immutable"));
        continue;
      }
      const at = `spec.${list}[${index}].resources`;
      for (const part of ["requests", "limits"] as const) {
        const removed = Object.keys(then.resources?.[part] ?? {}).some(
          (name) => now.resources?.[part]?.[name] === undefined,
        );
        if (removed) errors.push(forbidden(`${at}.${part}`, `resource ${part} cannot be removed`));
      }
      if (!same(resizable(now, then), then))
        errors.push(
          forbidden(
            "spec",
            list === "containers"
              ? "only cpu and memory resources are mutable"
              : "only cpu and memory resources for sidecar containers are mutable",
          ),
        );
    }
  }
  return errors;
}

const hasResources = ({ spec }: Pod) => {
  const { resources } = spec as { resources?: { requests?: object; limits?: object } };
  return Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;
};

/** `now` with the cpu and memory that it had. */
function resizable(now: Container, then: Container): Container {
  const part = (name: "requests" | "limits") => {
    const kept: Record<string, string> = { ...now.resources?.[name] };
    for (const resource of ["cpu", "memory"]) {
      const before = then.resources?.[name]?.[resource];
      if (before === undefined) delete kept[resource];
      else kept[resource] = before;
    }
    return kept;
  };
  return { ...now, resources: { ...now.resources, requests: part("requests"), limits: part("limits") } };
}
