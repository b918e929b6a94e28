import { ApiStatusError } from "@/lib/cluster/client/status";
import type { NodeProxy } from "@/lib/cluster/api/node-proxy";
import type { KubeObject } from "@/lib/cluster/resources/kind";

/** The kubelets of nodes without machines: whatever needs a process or a network is refused with the reason. */
export const simulatedNodeProxy: NodeProxy = {
  exec: ({ pod }) => Promise.reject(refusal(pod, "run a command in")),
  attach: ({ pod }) => Promise.reject(refusal(pod, "attach to")),
  // oxlint-disable-next-line require-yield -- there is no log to yield
  async *logs({ pod }) {
    throw await Promise.resolve(refusal(pod, "read the log of"));
  },
  dialPod: (pod) => Promise.reject(refusal(pod, "connect to")),
  dial: (address, port) =>
    Promise.reject(unsupported(`nothing listens on ${address}:${port}: the cluster has no network`)),
  nodeRequest: ({ metadata }) =>
    Promise.reject(unsupported(`node "${metadata.name}" is simulated and has no kubelet to ask`)),
};

function refusal({ metadata }: KubeObject, action: string): ApiStatusError {
  return unsupported(
    `cannot ${action} pod "${metadata.name}": its node is simulated and runs no containers (examctl cluster up)`,
  );
}

const unsupported = (message: string) => new ApiStatusError(501, "NotImplemented", message);
