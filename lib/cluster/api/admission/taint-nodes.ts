import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AdmissionPlugin } from "./plugin";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** A new node takes no pods until it is found ready (plugin/pkg/admission/nodetaint). */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  admit({ operation, resource, subresource, object }) {
    const { group, plural } = resource.kind;
    if (operation !== "CREATE" || group !== "" || plural !== "nodes" || subresource !== "") return;
    const node = object as KubeObject & { spec?: { taints?: { key: string; effect: string }[] } };
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
