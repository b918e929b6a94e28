import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Registry } from "../registry/registry";
import { isPod, pods, type PodObject } from "./pod-object";
import type { AdmissionPlugin } from "./plugin";

interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

/** Resolves priorityClassName to a number (plugin/pkg/admission/priority). */
export const priority: AdmissionPlugin = {
  name: "Priority",
  admit(attributes, registry) {
    if (attributes.operation !== "CREATE" || !isPod(attributes)) return;
    const pod = attributes.object as PodObject;
    const { spec } = pod;
    const found = spec.priorityClassName ? named(registry, spec.priorityClassName) : globalDefault(registry);
    if (spec.priorityClassName && !found)
      throw forbidden(
        pods,
        attributes.name,
        `no PriorityClass with name ${spec.priorityClassName} was found`,
      );
    const value = found?.value ?? 0;
    if (spec.priority !== undefined && spec.priority !== value)
      throw forbidden(
        pods,
        attributes.name,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    const policy = found?.preemptionPolicy ?? "PreemptLowerPriority";
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
      throw forbidden(
        pods,
        attributes.name,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    if (found) spec.priorityClassName = found.metadata.name;
    spec.priority = value;
    spec.preemptionPolicy = policy;
  },
};

const named = (registry: Registry, name: string) =>
  registry.read("scheduling.k8s.io", "priorityclasses", undefined, name) as PriorityClass | undefined;

const globalDefault = (registry: Registry) =>
  (registry.readAll("scheduling.k8s.io", "priorityclasses") as PriorityClass[])
    .filter((one) => one.globalDefault)
    .sort((a, b) => a.value - b.value)[0];
