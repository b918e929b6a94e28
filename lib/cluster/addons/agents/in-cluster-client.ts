import type { ClusterClient } from "@/lib/cluster/client/client";
import type { AgentSession } from "./agent-session";

/** The API with the pod's rights, as client-go's InClusterConfig makes it; `refuse` gets its words when there is no token. */
export function inClusterClient(session: AgentSession, refuse: (text: string) => never): ClusterClient {
  const { client } = session.identity;
  if (client) return client;
  return refuse(
    "fail to create kubernetes config: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
  );
}
