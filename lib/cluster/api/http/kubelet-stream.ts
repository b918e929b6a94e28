import { ApiStatusError } from "@/lib/cluster/client/status";
import type { Registry } from "../registry/registry";

/** What a stream of a kubelet's own server is as a subresource of the pod. */
export interface KubeletStream {
  subresource: string;
  namespace: string;
  name: string;
  query: URLSearchParams;
}

const subresources: Record<string, string> = { exec: "exec", attach: "attach", portForward: "portforward" };
/** Names of the parameters there and here. */
const parameters: Record<string, string> = {
  input: "stdin",
  output: "stdout",
  error: "stderr",
  port: "ports",
};

/**
 * /exec/NAMESPACE/POD[/UID]/CONTAINER, /attach and /portForward/NAMESPACE/POD[/UID] behind nodes/NAME/proxy (kubelet 1.34
 * pkg/kubelet/server/server.go). Throws 404 as it answers for anything else that could be upgraded, and for others' pods.
 */
export function kubeletStream(
  registry: Registry,
  node: string,
  rest: string,
  query: URLSearchParams,
): KubeletStream {
  const [, verb = "", namespace = "", name = "", ...more] = rest.split("/").map(decodeURIComponent);
  const subresource = Object.hasOwn(subresources, verb) ? subresources[verb]! : undefined;
  if (!subresource) throw new ApiStatusError(404, "NotFound", "404 page not found");
  const pod = registry.read("", "pods", namespace, name);
  if ((pod?.spec as { nodeName?: string } | undefined)?.nodeName !== node)
    throw new ApiStatusError(404, "NotFound", "pod does not exist");
  const asked = new URLSearchParams();
  for (const [key, value] of query) asked.append(parameters[key] ?? key, value);
  const container = more.at(-1);
  if (subresource !== "portforward" && container) asked.set("container", container);
  return { subresource, namespace, name, query: asked };
}
