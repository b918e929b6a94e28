import type { labdRpc } from "@/lib/contract/labd";
import type { RpcHandlers } from "@/lib/rpc/server";
import { execInNode } from "@/lib/sandbox/exec";
import { execCommand } from "@/lib/sandbox/pod/container-command";
import { listPods } from "@/lib/sandbox/pod/list-pods";
import { nodeUsage } from "@/lib/sandbox/node-usage";
import { findImage } from "@/lib/sandbox/image/find-image";
import { runPod } from "@/lib/sandbox/pod/run-pod";
import { startContainer } from "@/lib/sandbox/pod/start-container";
import { removeContainer, signalContainer, stopContainer } from "@/lib/sandbox/pod/stop-container";
import { stopPod } from "@/lib/sandbox/pod/stop-pod";
import type { Labd } from "./labd";
import { commandResult } from "./node-methods";
import type { Runtimes } from "./runtime";

type PodMethods = Pick<
  RpcHandlers<typeof labdRpc>,
  | "pod.run"
  | "pod.stop"
  | "pod.list"
  | "node.usage"
  | "image.pull"
  | "container.start"
  | "container.stop"
  | "container.kill"
  | "container.remove"
  | "container.exec"
>;

/** What a kubelet asks of a container runtime. */
export function podMethods(labd: Labd, runtimes: Runtimes): PodMethods {
  const of = ({ sandboxId, node }: { sandboxId: string; node: string }) =>
    runtimes.of(labd.node(sandboxId, node));
  return {
    "pod.run": (input) => runPod(of(input), input.pod),
    "pod.stop": async (input) => {
      await stopPod(of(input), input.podUid);
      return {};
    },
    "pod.list": (input) => listPods(of(input)),
    "node.usage": async (input) => {
      const { sandboxId, index } = labd.node(input.sandboxId, input.node);
      const { containers } = await listPods(of(input));
      const running = containers.flatMap(({ containerId, state, pid }) =>
        state === "running" && pid !== undefined ? { containerId, pid } : [],
      );
      const { cgroups, clock } = labd.host;
      const [group] = cgroups.foldersOfNode(sandboxId, index);
      return { atMs: clock.now(), ...(await nodeUsage(group!, running)) };
    },
    "image.pull": async (input) => {
      const { image, name } = findImage(of(input).images, input.image);
      const { imageId, sizeBytes, entrypoint, cmd, env, workingDir, user } = image;
      return { imageId, sizeBytes, entrypoint, cmd, env, workingDir, name, uid: user.uid };
    },
    "container.start": (input) => startContainer(of(input), input.container),
    "container.stop": (input) => stopContainer(of(input), input.containerId, input.graceMs),
    "container.kill": async (input) => {
      await signalContainer(of(input), input.containerId, input.signal);
      return {};
    },
    "container.remove": async (input) => {
      await removeContainer(of(input), input.containerId);
      return {};
    },
    "container.exec": async (input) => {
      const { containerId, argv, env, cwd, timeoutMs, outputBytesMax } = input;
      const runtime = of(input);
      // /root is where a command in a node begins unless told otherwise; one in a container begins where its image says.
      const place = cwd === "/root" ? {} : { cwd };
      const command = await execCommand(runtime, containerId, { argv, env, tty: false, ...place });
      const stdin = input.stdin === "" ? undefined : Buffer.from(input.stdin, "base64");
      return commandResult(
        await execInNode(runtime.control, { ...command, stdin, timeoutMs, outputBytesMax }),
      );
    },
  };
}
