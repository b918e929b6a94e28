import { createHash } from "node:crypto";
import type { Node, Pod } from "@/lib/cluster/resources/types";
import { parseGoYaml } from "./go-yaml";
import {
  configHashAnnotation,
  configMirrorAnnotation,
  configSeenAnnotation,
  configSourceAnnotation,
} from "./pod-identity";

/**
 * The pods of a node's manifests folder (kubernetes 1.34 pkg/kubelet/config/common.go: applyDefaults). The uid is a hash
 * of file, node and content: a changed manifest is another pod. Files that are no pod are reported, not thrown.
 */
export function parseStaticPods(
  manifests: { path: string; content: string }[],
  node: { name: string },
  nowMs: number,
): { pods: Pod[]; failures: { path: string; message: string }[] } {
  const pods: Pod[] = [];
  const failures: { path: string; message: string }[] = [];
  for (const { path, content } of manifests) {
    try {
      const pod = parseGoYaml(content) as Pod | null;
      if (pod && !pod.kind) throw new Error(`Object 'Kind' is missing in '${JSON.stringify(pod)}'`);
      if (pod?.kind !== "Pod" || !pod.spec?.containers?.length || !pod.metadata?.name)
        throw new Error("it is not a Pod with containers");
      pods.push(staticPod(pod, path, content, node.name, nowMs));
    } catch (failure) {
      failures.push({ path, message: (failure as Error).message });
    }
  }
  return { pods, failures };
}

function staticPod(pod: Pod, path: string, content: string, nodeName: string, nowMs: number): Pod {
  const hash = createHash("md5").update(`${path}\0${nodeName}\0${content}`).digest("hex");
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName}`,
      namespace: pod.metadata.namespace ?? "default",
      uid: hash,
      annotations: {
        ...pod.metadata.annotations,
        [configHashAnnotation]: hash,
        [configSeenAnnotation]: new Date(nowMs).toISOString(),
        [configSourceAnnotation]: "file",
      },
    },
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      ...pod.spec,
      nodeName,
      // A static pod stays whatever taints its node gets.
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
    },
  };
}

/** The API's image of a static pod; owned by its node. */
export function mirrorPodOf(pod: Pod, node: Node): Pod {
  const { uid, ...metadata } = pod.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [configMirrorAnnotation]: uid! },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Node",
          name: node.metadata.name,
          uid: node.metadata.uid!,
          controller: true,
        },
      ],
    },
    spec: pod.spec,
  };
}
