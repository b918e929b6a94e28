import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { DockerHost, HostContainerSpec } from "@/lib/cluster/docker/host";
import { execOn, writeFilesOn } from "./node-calls";

/** A Docker host's node as its engine reaches it: over labd. */
export function dockerHost(labd: RpcClient<LabdRpc>, sandboxId: string, name: string): DockerHost {
  const ref = { sandboxId, node: name };
  return {
    name,
    exec: (argv, stdin) => execOn(labd, ref, argv, stdin),
    writeFiles: (files) => writeFilesOn(labd, ref, files),
    listContainers: async () => (await labd.call("pod.list", ref)).containers,
    findImage: (image) => labd.call("image.pull", { ...ref, image }, { timeoutMs: 300_000 }),
    startContainer: (spec) =>
      labd.call("container.start", { ...ref, container: containerOf(spec) }, { timeoutMs: 60_000 }),
    async stopContainer(containerId, graceMs) {
      await labd.call("container.stop", { ...ref, containerId, graceMs }, { timeoutMs: graceMs + 30_000 });
    },
    async killContainer(containerId, signal) {
      await labd.call("container.kill", { ...ref, containerId, signal });
    },
    async removeContainer(containerId) {
      await labd.call("container.remove", { ...ref, containerId });
    },
    attach: async (containerId) => (await labd.open("attach", { ...ref, containerId })).socket,
    waitForChange: (revision, signal) =>
      labd.call("node.events", { ...ref, revision, timeoutMs: 25_000 }, { timeoutMs: 40_000, signal }),
  };
}

function containerOf(spec: HostContainerSpec) {
  const { containerId, hostname, netns, logPath, keepOutput, ...rest } = spec;
  return {
    ...rest,
    podUid: containerId,
    stdinOnce: keepOutput,
    standalone: { containerId, hostname, logPath, ...(netns === undefined ? {} : { netns }) },
  };
}
