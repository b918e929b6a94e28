import { isPod, type PodObject, type Toleration } from "./pod-object";
import type { AdmissionPlugin } from "./plugin";

const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Pods leave a node that is gone after five minutes unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  admit(attributes) {
    if (!isPod(attributes) || attributes.operation === "DELETE") return;
    const { spec } = attributes.object as PodObject;
    for (const key of keys) {
      if (spec.tolerations?.some((one) => covers(one, key))) continue;
      const added = { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
      spec.tolerations = [...(spec.tolerations ?? []), added];
    }
  },
};

const covers = ({ key, effect }: Toleration, wanted: string) =>
  (!key || key === wanted) && (!effect || effect === "NoExecute");
