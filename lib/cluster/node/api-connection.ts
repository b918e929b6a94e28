import type { ContainerRuntime } from "./container-runtime";
import { dialErrorText } from "./actions/dial-error";
import { quoted, type KubeletLog } from "./kubelet-log";

const timeoutMs = 5000;

/** Whether a node reaches the API server that its kubelet's kubeconfig names, and what its log says when not. */
export class ApiConnection {
  /** Why the API server cannot be reached; undefined while it can. */
  problem: string | undefined;

  constructor(
    private readonly nodeName: string,
    private readonly runtime: Pick<ContainerRuntime, "dial">,
    private readonly log: KubeletLog,
  ) {}

  /** Tries it; `server` is host:port, empty when not known. True: it is back after it was away. */
  async check(server: string): Promise<boolean> {
    if (server === "") return false;
    const wasAway = this.problem !== undefined;
    try {
      (await this.runtime.dial(server, timeoutMs)).destroy();
      this.problem = undefined;
      return wasAway;
    } catch (failure) {
      this.problem = dialErrorText(server, failure);
      this.#tell(server, this.problem);
      return false;
    }
  }

  #tell(server: string, problem: string): void {
    const node = this.nodeName;
    const lease = `https://${server}/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}?timeout=10s`;
    this.log.error(
      "controller.go:145",
      `"Failed to ensure lease exists, will retry" err=${quoted(`Get ${quoted(lease)}: ${problem}`)} interval="7s"`,
    );
    const status = `Get ${quoted(`https://${server}/api/v1/nodes/${node}?timeout=10s`)}: ${problem}`;
    this.log.error(
      "kubelet_node_status.go:548",
      `"Error updating node status, will retry" err=${quoted(`error getting node ${quoted(node)}: ${status}`)}`,
    );
  }
}
