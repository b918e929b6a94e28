import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { Informers } from "@/lib/cluster/client/informers";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ClusterLayout } from "./kubeadm/facts";

const timeoutMs = 60_000;
const patienceMs = 3000;

/**
 * Resolves when a student could begin: the API server answers on the control plane's 6443, and every node is Ready
 * (where the cluster has a network at all: a lab may be about there being none). Throws AppError `timeout` with what is missing.
 */
export async function untilReady(options: {
  labId: string;
  layout: ClusterLayout;
  informers: Informers;
  labd: RpcClient<LabdRpc>;
  clock: Clock;
  isStopping(): boolean;
}): Promise<void> {
  const { informers, layout, clock } = options;
  if (layout.nodes.length === 0) return;
  const untilMs = clock.now() + timeoutMs;
  let missing = "";
  while (clock.now() < untilMs) {
    if (options.isStopping()) throw new AppError("conflict", "The lab is being stopped.");
    missing =
      missingNodes(informers, layout) ||
      missingStaticPods(informers, layout) ||
      (await unreachableApi(options));
    if (missing === "") return untilSystemPodsRun(informers, clock);
    await clock.sleep(10);
  }
  throw new AppError("timeout", `The lab did not get ready in ${timeoutMs / 1000} s: ${missing}.`);
}

/** What kubeadm installed runs a moment later. A lab whose system pods are broken on purpose is not kept waiting long. */
async function untilSystemPodsRun(informers: Informers, clock: Clock): Promise<void> {
  const untilMs = clock.now() + patienceMs;
  const isComplete = () =>
    informers.pods.list("kube-system").every(isRunning) &&
    informers.daemonSets
      .list("kube-system")
      .every(
        ({ status }) => status?.numberReady === status?.desiredNumberScheduled && status !== undefined,
      ) &&
    informers.deployments
      .list("kube-system")
      .every(({ spec, status }) => (status?.readyReplicas ?? 0) >= (spec.replicas ?? 1));
  const hasNetwork = informers.nodes
    .list()
    .every(({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
    );
  while (hasNetwork && !isComplete() && clock.now() < untilMs) await clock.sleep(10);
}

function missingNodes(informers: Informers, layout: ClusterLayout): string {
  for (const { name } of layout.nodes) {
    const node = informers.nodes.get(undefined, name);
    const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
    // A node that lacks only its network is as ready as it can be.
    if (!ready || (ready.status !== "True" && !ready.message?.includes("cni plugin not initialized")))
      return `the node ${name} is not Ready`;
  }
  return "";
}

function missingStaticPods(informers: Informers, layout: ClusterLayout): string {
  const name = `kube-apiserver-${layout.controlPlane.name}`;
  return isRunning(informers.pods.get("kube-system", name)) ? "" : `the pod ${name} is not running`;
}

function isRunning(pod: Pod | undefined): boolean {
  return pod?.status?.phase === "Running";
}

async function unreachableApi({
  labd,
  labId,
  layout,
}: {
  labd: RpcClient<LabdRpc>;
  labId: string;
  layout: ClusterLayout;
}): Promise<string> {
  try {
    const { socket } = await labd.open("dial", {
      sandboxId: labId,
      node: layout.controlPlane.name,
      address: `${layout.controlPlane.ip}:6443`,
      timeoutMs: 1000,
    });
    socket.destroy();
    return "";
  } catch (failure) {
    return `the API server cannot be reached on ${layout.controlPlane.ip}:6443 (${(failure as Error).message})`;
  }
}
