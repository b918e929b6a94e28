import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { same } from "@/lib/cluster/resources/validation/errors";
import type { Registry } from "../registry/registry";
import { isPod, pods, type PodObject, type Toleration } from "./pod-object";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin";

interface RuntimeClass extends KubeObject {
  overhead?: { podFixed?: Record<string, string> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] };
}

/** What a pod's RuntimeClass asks for is added to it; an unknown one is refused (plugin/pkg/admission/runtimeclass). */
export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  admit(attributes, registry) {
    if (attributes.operation !== "CREATE" || !isPod(attributes)) return;
    const { spec } = attributes.object as PodObject;
    const found = classOf(attributes, registry);
    const podFixed = found?.overhead?.podFixed;
    if (podFixed) {
      if (spec.overhead && !same(spec.overhead, podFixed)) throw mismatch(attributes);
      spec.overhead = podFixed;
    }
    if (!found?.scheduling) return;
    const { nodeSelector = {}, tolerations = [] } = found.scheduling;
    for (const [key, value] of Object.entries(nodeSelector)) {
      const own = spec.nodeSelector?.[key];
      if (own !== undefined && own !== value)
        throw forbidden(
          pods,
          attributes.name,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
        );
    }
    if (spec.nodeSelector ?? found.scheduling.nodeSelector)
      spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
    const merged = [...(spec.tolerations ?? [])];
    for (const one of tolerations) if (!merged.some((other) => same(one, other))) merged.push(one);
    if (merged.length > 0) spec.tolerations = merged;
  },
  validate(attributes, registry) {
    if (attributes.operation !== "CREATE" || !isPod(attributes)) return;
    const { overhead } = (attributes.object as PodObject).spec;
    const podFixed = classOf(attributes, registry)?.overhead?.podFixed;
    if (podFixed && !same(podFixed, overhead)) throw mismatch(attributes);
    if (!podFixed && overhead)
      throw forbidden(
        pods,
        attributes.name,
        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
      );
  },
};

function classOf({ object, name }: AdmissionAttributes, registry: Registry): RuntimeClass | undefined {
  const { runtimeClassName } = (object as PodObject).spec;
  if (runtimeClassName === undefined) return undefined;
  const found = registry.read("node.k8s.io", "runtimeclasses", undefined, runtimeClassName);
  if (!found)
    throw forbidden(pods, name, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
  return found as RuntimeClass;
}

const mismatch = ({ name }: AdmissionAttributes) =>
  forbidden(pods, name, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
