import type { CriPod } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { parseOptions } from "../options";
import { fatal, type CrictlCommand } from "./command";
import { findPod } from "./find";

/** The kubelet, which wants it, makes another sandbox. */
export const stopPods: CrictlCommand = async (session, _, argv) => {
  const { words } = parseOptions(argv, {});
  if (words.length === 0) return fatal(session, "ID cannot be empty");
  for (const id of words) {
    const pod = await findPod(session, id, "stopping the pod sandbox");
    await stop(session, pod);
    session.printOut(`Stopped sandbox ${pod.podId}`);
  }
};

export const removePods: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, { "force,f": "switch", "all,a": "switch" });
  const all = options.has("all") ? (await session.node.cri.list()).pods.map(({ podId }) => podId) : [];
  const ids = options.has("all") ? all : options.words;
  if (ids.length === 0 && !options.has("all")) return fatal(session, "ID cannot be empty");
  for (const id of ids) {
    const pod = await findPod(session, id, "removing the pod sandbox");
    if (pod.state === "ready" && !options.has("force"))
      return fatal(
        session,
        `removing the pod sandbox ${JSON.stringify(id)}: pod sandbox is running, please stop it first`,
      );
    await stop(session, pod);
    session.printOut(`Removed sandbox ${pod.podId}`);
  }
};

async function stop({ node: { cri } }: AgentSession, { podUid }: CriPod): Promise<void> {
  const { containers } = await cri.list();
  const own = containers.filter((one) => one.podUid === podUid);
  await Promise.all(own.map(({ containerId }) => cri.stop(containerId, 0)));
  await cri.stopPod(podUid);
}
