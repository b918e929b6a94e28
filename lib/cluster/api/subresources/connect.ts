import type { KubeObject } from "@/lib/cluster/resources/kind";
import { runAdmission, type AdmissionAttributes } from "../admission/plugin";
import type { Api, Target } from "../api";
import type { RequestContext } from "../registry/registry";
import type { UserInfo } from "../types";

/** What admission sees of a CONNECT, by resource. */
const optionKinds: Record<string, string> = {
  "pods/exec": "PodExecOptions",
  "pods/attach": "PodAttachOptions",
  "pods/portforward": "PodPortForwardOptions",
  "pods/proxy": "PodProxyOptions",
  "services/proxy": "ServiceProxyOptions",
  "nodes/proxy": "NodeProxyOptions",
};

/**
 * Webhooks and policies with the operation CONNECT are asked before a connection is made, and see its options. Follows
 * apiserver 1.34 pkg/endpoints/handlers/rest.go (ConnectResource).
 */
export async function admitConnect(
  api: Api,
  target: Target,
  { query, rest }: { query: URLSearchParams; rest: string },
  context: RequestContext,
): Promise<void> {
  const { resource, namespace, name, subresource } = target;
  const kind = optionKinds[`${resource.kind.plural}/${subresource}`];
  if (!kind) return;
  const options = subresource === "proxy" ? { ...(rest ? { path: rest } : {}) } : streamOptions(query);
  const attributes: AdmissionAttributes = {
    operation: "CONNECT",
    resource,
    subresource,
    namespace,
    name,
    object: { kind, apiVersion: "v1", ...options } as unknown as KubeObject,
    old: undefined,
    context,
    kind: { group: "", version: "v1", kind },
  };
  await runAdmission("admit", api.registry, attributes);
  await runAdmission("validate", api.registry, attributes);
}

/** The context of a request that has neither body nor options of its own. */
export const connectContext = (user: UserInfo): RequestContext => ({
  user,
  dryRun: false,
  fieldValidation: "Ignore",
  fieldManager: "",
  warnings: [],
});

function streamOptions(query: URLSearchParams): object {
  const flags = ["stdin", "stdout", "stderr", "tty"].filter((name) =>
    /^(true|1)$/i.test(query.get(name) ?? ""),
  );
  const container = query.get("container");
  const [command, ports] = [query.getAll("command"), query.getAll("ports")];
  return {
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(container ? { container } : {}),
    ...(command.length > 0 ? { command } : {}),
    ...(ports.length > 0 ? { ports: ports.flatMap((list) => list.split(",")).map(Number) } : {}),
  };
}
