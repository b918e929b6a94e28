import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { AddonNode } from "@/lib/cluster/addons/addon";
import type { LabdRuntime } from "./labd-runtime";
import { execOn, writeFilesOn } from "./node-calls";

/** A node of a lab as addons reach it: over labd. */
export function addonNode(
  labd: RpcClient<LabdRpc>,
  sandboxId: string,
  { name, ip }: { name: string; ip: string },
  runtime: LabdRuntime,
  inspectNow: () => Promise<void>,
): AddonNode {
  const ref = { sandboxId, node: name };
  return {
    name,
    ip,
    inspectNow,
    cri: {
      isRunning: async () =>
        (await labd.call("node.service", { ...ref, service: "containerd", action: "status" })).state ===
        "active",
      list: () => runtime.listAll(),
      images: () => runtime.listImages(),
      pull: (image) => runtime.pullImage(image),
      removeImage: (image) => runtime.removeImage(image),
      stopPod: (podUid) => runtime.stopPod(podUid),
      stop: (containerId, graceMs) => runtime.stopContainer(containerId, graceMs),
      remove: (containerId) => runtime.removeContainer(containerId),
    },
    async dial(address, podUid) {
      const { socket } = await labd.open("dial", { ...ref, address, ...(podUid ? { podUid } : {}) });
      return socket;
    },
    exec: (argv, stdin) => execOn(labd, ref, argv, stdin),
    writeFiles: (files) => writeFilesOn(labd, ref, files),
    async restoreRules(rules) {
      await labd.call("node.restoreRules", { ...ref, rules, noFlush: true });
    },
  };
}
