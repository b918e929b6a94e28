import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AdmissionAttributes } from "./plugin";

/** The parts of a pod that admission reads and fills in. */
export interface PodObject extends KubeObject {
  spec: {
    serviceAccountName?: string;
    serviceAccount?: string;
    automountServiceAccountToken?: boolean;
    imagePullSecrets?: { name: string }[];
    volumes?: { name: string; [source: string]: unknown }[];
    containers?: PodContainer[];
    initContainers?: PodContainer[];
    tolerations?: Toleration[];
    nodeSelector?: Record<string, string>;
    runtimeClassName?: string;
    overhead?: Record<string, string>;
    priorityClassName?: string;
    priority?: number;
    preemptionPolicy?: string;
  };
}

export interface PodContainer {
  name: string;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

export interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
  value?: string;
  tolerationSeconds?: number;
}

export const pods = { group: "", plural: "pods" };

export const isPod = ({ resource, subresource }: AdmissionAttributes) =>
  resource.kind.group === "" && resource.kind.plural === "pods" && subresource === "";
