import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { AddonNode } from "@/lib/cluster/addons/addon";
import type { LabdRuntime } from "./labd-runtime";

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
    exec: (argv, stdin = "") =>
      labd.call("node.exec", {
        ...{ ...ref, argv, cwd: "/", stdin: Buffer.from(stdin).toString("base64") },
        // The rules of a node with thousands of Services.
        outputBytesMax: 16 << 20,
      }),
    async writeFiles(files) {
      await labd.call("node.writeFiles", {
        ...ref,
        files: files.map(({ path, content, mode }) => ({
          path,
          content: Buffer.from(content).toString("base64"),
          ...(mode === undefined ? {} : { mode }),
        })),
      });
    },
    async restoreRules(rules) {
      await labd.call("node.restoreRules", { ...ref, rules, noFlush: true });
    },
  };
}
