import { refs } from "@/lib/cluster/client/refs";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { ConfigMap } from "@/lib/cluster/resources/types";
import { AgentFileError, type AgentSession } from "../agents/agent-session";

export const configFolder = "/tmp/cilium/config-map";

/** A key of cilium-config, from the folder that --config-dir names; undefined where there is no such file. */
export async function configValue(session: AgentSession, key: string): Promise<string | undefined> {
  const folder = (session.flag("config-dir") ?? configFolder).replace(/\/$/, "");
  try {
    return (await session.readFile(`${folder}/${key}`)).trim();
  } catch (failure) {
    if (!(failure instanceof AgentFileError)) throw failure;
    return undefined;
  }
}

/** `cilium-dbg build-config`: the ConfigMap's keys become files for the agent (cilium/cilium pkg/option/resolver). */
export async function buildConfig(session: AgentSession, client: ClusterClient): Promise<void> {
  const namespace = session.env.CILIUM_K8S_NAMESPACE ?? "kube-system";
  const { data = {} } = await client.get<ConfigMap>(refs.configMaps, namespace, "cilium-config");
  for (const [key, value] of Object.entries(data))
    if (/^[\w.-]+$/.test(key)) await session.writeFile(`${configFolder}/${key}`, value);
}
