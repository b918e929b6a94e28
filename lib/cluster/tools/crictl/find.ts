import type { CriImage, CriPod } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { ContainerInstance } from "@/lib/cluster/node/container-runtime";
import { fatal } from "./command";

/** By the beginning of its id; ends the command with the runtime's words when there is none, or more than one. */
export async function findContainer(
  session: AgentSession,
  id: string,
  what: string,
): Promise<{ container: ContainerInstance; pod: CriPod | undefined }> {
  const { pods, containers } = await session.node.cri.list();
  const found = containers.filter(({ containerId }) => containerId.startsWith(id));
  if (found.length !== 1)
    return fatal(
      session,
      `${what} ${JSON.stringify(id)}: rpc error: code = NotFound desc = an error occurred when try to find container ${JSON.stringify(id)}: ${found.length > 1 ? "multiple IDs found with provided prefix" : "not found"}`,
    );
  const [container] = found;
  return { container: container!, pod: pods.find(({ podUid }) => podUid === container!.podUid) };
}

export async function findPod(session: AgentSession, id: string, what: string): Promise<CriPod> {
  const { pods } = await session.node.cri.list();
  const pod = pods.find(({ podId }) => podId.startsWith(id));
  return (
    pod ??
    fatal(
      session,
      `${what} ${JSON.stringify(id)}: rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found`,
    )
  );
}

/** By name, the end of its name or a part of its id. */
export async function findImage(session: AgentSession, wanted: string): Promise<CriImage | undefined> {
  const images = await session.node.cri.images();
  return images.find(
    ({ name, imageId }) => name === wanted || name.endsWith(`/${wanted}`) || imageId.includes(wanted),
  );
}
