import type { AddonContext } from "../addon";
import type { AgentSession } from "./agent-session";

/**
 * Whether the process ended because its DaemonSet is being removed, and not to be started again. Only then does a CNI's
 * agent take its network along.
 */
export function isRemoved({ identity: { pod } }: AgentSession, { informers }: AddonContext): boolean {
  const owner = pod?.metadata.ownerReferences?.find(({ kind }) => kind === "DaemonSet");
  if (!pod || !owner) return false;
  const { namespace } = pod.metadata;
  const daemonSet = informers.daemonSets.get(namespace, owner.name);
  if (!daemonSet || daemonSet.metadata.uid !== owner.uid || daemonSet.metadata.deletionTimestamp) return true;
  return informers.namespaces.get(undefined, namespace!)?.metadata.deletionTimestamp !== undefined;
}
