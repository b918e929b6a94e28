import { AppError } from "@/lib/core/app-error";
import { startTestCluster, type TestCluster } from "./testing";
import { localNodeProxy } from "./testing-node-proxy";

const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node01" },
  status: {
    conditions: [{ type: "Ready", status: "True" }],
    addresses: [{ type: "InternalIP", address: "172.30.1.11" }],
  },
};
/** A pod of one nginx container with a terminal, bound to node01. */
export const pod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: { nodeName: "node01", containers: [{ name: "main", image: "nginx", stdin: true, tty: true }] },
});

/** A cluster for the real kubectl with a node and a pod `shell` that runs on it; its commands run on this machine. */
export async function startClusterWithRunningPod(): Promise<TestCluster> {
  const cluster = await startTestCluster({ nodeProxy: localNodeProxy });
  const kubectl = async (args: string[], stdin?: string) => {
    const { exitCode, stderr } = await cluster.kubectl(args, { stdin });
    if (exitCode !== 0 || stderr !== "")
      throw new AppError("internal", `kubectl ${args.join(" ")} exited with ${exitCode}: ${stderr}`);
  };
  await kubectl(["apply", "-f", "-"], JSON.stringify(node));
  await kubectl(["apply", "-f", "-"], JSON.stringify(pod("shell")));
  const status = {
    phase: "Running",
    containerStatuses: [
      {
        name: "main",
        ready: true,
        restartCount: 0,
        image: "nginx",
        imageID: "",
        state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
      },
    ],
  };
  await kubectl([
    "patch",
    "pod",
    "shell",
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify({ status }),
  ]);
  return cluster;
}
