import type { Logger } from "@/lib/core/logger";
import { podProgram } from "@/lib/contract/labd";
import { mustExecInNode } from "../exec";
import { addressesOf, cniAdd, cniDel } from "../pod/cni";
import { findImage } from "../image/find-image";
import type { NodeRuntime } from "../pod/node-runtime";
import { attachmentOf, startPause } from "../pod/run-pod";
import { commandOf, launchRecorded } from "../pod/start-container";
import type { ContainerRecord, PodRecord } from "../pod/store";

/**
 * Starts the recorded pods and containers of a node that has just booted, under their old ids and addresses: processes are
 * new, everything else is as it was. A pod whose network needs an agent comes back when that has (ReturningPods), as long
 * as `isWanted`. What cannot be had back (a plugin that the student removed) is left as after a reboot, and the kubelet
 * makes it anew.
 */
export async function restorePods(
  runtime: NodeRuntime,
  logger: Logger,
  isWanted: () => boolean,
): Promise<void> {
  const { pods, containers } = await runtime.store.load();
  const wanted = Object.values(pods).filter(({ pid }) => pid !== undefined);
  for (const pod of wanted) delete pod.pid;
  const own = ({ spec: { podUid } }: PodRecord) =>
    Object.values(containers).filter(({ spec }) => spec.podUid === podUid);
  const about = (pod: PodRecord, failure: unknown) => ({
    err: failure,
    node: runtime.nodeName,
    pod: pod.spec.name,
  });
  const revive = async (pod: PodRecord) => {
    try {
      await remakeVolumes(runtime, own(pod));
      await startPause(runtime, pod);
      await Promise.all(own(pod).map((container) => restart(runtime, pod, container)));
    } catch (failure) {
      logger.warn(about(pod, failure), "pod was not thawed");
    }
  };
  const { attached, refused } = await attachAll(runtime, wanted);
  await Promise.all(attached.map(revive));
  await runtime.store.save();
  runtime.store.returning.begin(
    refused.map(({ spec }) => spec.podUid),
    runtime.clock,
    {
      isWanted,
      async attempt(podUid) {
        const pod = pods[podUid]!;
        await attachAgain(runtime, pod, pod.cni!.list);
        await revive(pod);
        await runtime.store.save();
      },
      giveUp(podUid, failure) {
        logger.warn(about(pods[podUid]!, failure), "pod was not attached again");
      },
    },
  );
}

/** Folders, files and memory that are not among the node's files: its /run is empty. */
async function remakeVolumes(runtime: NodeRuntime, containers: ContainerRecord[]): Promise<void> {
  const words = containers.flatMap(({ spec }) => spec.volumeSteps ?? []); // absent in records of older versions
  if (words.length > 0)
    await mustExecInNode(runtime.control, { argv: [podProgram, "volumes", "-", ...words], cwd: "/" });
}

async function restart(runtime: NodeRuntime, pod: PodRecord, container: ContainerRecord): Promise<void> {
  if (container.ended) return;
  const { image } = findImage(runtime.images, container.spec.image);
  await launchRecorded(runtime, pod, container, { image, args: commandOf(container.spec, image) });
}

/**
 * Namespaces and networks. Reservations of addresses are files of the node and have come along: each is given back and
 * taken again by name (CNI_ARGS IP, as host-local reads it), and the allocators' marks of the last one are put back.
 */
async function attachAll(
  runtime: NodeRuntime,
  pods: PodRecord[],
): Promise<{ attached: PodRecord[]; refused: PodRecord[] }> {
  const names = pods.flatMap(({ netns }) => (netns ? [netns.split("/").at(-1)!] : []));
  const { stdout } = await mustExecInNode(runtime.control, {
    argv: ["bash", "-euc", makeNamespaces, "make", ...names],
  });
  const attached: PodRecord[] = [];
  const refused: PodRecord[] = [];
  // One after another: plugins lock each other out anyway, and bridges must not be made by two at a time.
  for (const pod of pods) {
    try {
      if (pod.netns && pod.cni) await attachAgain(runtime, pod, pod.cni.list);
      attached.push(pod);
    } catch {
      refused.push(pod);
    }
  }
  await mustExecInNode(runtime.control, { argv: ["bash", "-euc", putMarksBack], stdin: stdout });
  return { attached, refused };
}

async function attachAgain(
  runtime: NodeRuntime,
  pod: PodRecord,
  list: NonNullable<PodRecord["cni"]>["list"],
): Promise<void> {
  const attachment = attachmentOf(runtime, pod);
  await cniDel(list, attachment, pod.cni?.result);
  const [ip] = pod.ips;
  const args = ip ? { ...attachment.args, IP: ip } : attachment.args;
  const result = await cniAdd(list, { ...attachment, args });
  pod.cni = { list, result };
  pod.ips = addressesOf(result);
}

const makeNamespaces = `
for name in "$@"; do ip netns add "$name"; ip -netns "$name" link set lo up; done
shopt -s nullglob
for mark in /var/lib/cni/networks/*/last_reserved_ip.*; do printf '%s %s\\n' "$mark" "$(head -c 64 "$mark")"; done
`;

const putMarksBack = `
while read -r mark ip; do printf '%s' "$ip" > "$mark"; done
`;
