import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ResourceMetrics } from "./resource-metrics";

export interface KubeletParts {
  /** Asks the API server whose a token is and what its owner may do. */
  client: ClusterClient;
  metrics: ResourceMetrics;
}

interface User {
  username: string;
  uid?: string;
  groups?: string[];
}

/**
 * A kubelet's port: who asks is known by a client certificate of the cluster or a token, and needs the right on the node's
 * subresource (kubernetes 1.34 pkg/kubelet/server/auth.go, server.go); anonymous is nobody, as kubeadm sets it.
 */
export async function answerKubelet(
  node: string,
  parts: KubeletParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0]!;
  const user = await authenticate(parts.client, request);
  if (!user) return send(response, 401, "Unauthorized");
  const verb = verbs[request.method ?? "GET"] ?? "";
  const subresource = subresourceOf(path);
  if (!(await isAllowed(parts.client, user, { verb, node, subresource })))
    return send(
      response,
      403,
      `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])\n`,
    );
  const answer = await kubeletAnswer(path, parts.metrics, node);
  return send(response, answer ? 200 : 404, answer ?? "404 page not found\n");
}

/** What a path of the kubelet says; undefined when it has none such. */
export async function kubeletAnswer(
  path: string,
  metrics: ResourceMetrics,
  node: string,
): Promise<string | undefined> {
  if (path === "/healthz") return "ok";
  if (path === "/metrics/resource") return metrics.of(node);
  return undefined;
}

const verbs: Record<string, string> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function subresourceOf(path: string): string {
  const found = ["stats", "metrics", "logs", "spec"].find(
    (name) => path === `/${name}` || path.startsWith(`/${name}/`),
  );
  return found === "logs" ? "log" : (found ?? "proxy");
}

async function authenticate(client: ClusterClient, request: IncomingMessage): Promise<User | undefined> {
  const socket = request.socket as TLSSocket;
  if (socket.authorized) {
    const { subject } = socket.getPeerCertificate();
    return { username: one(subject.CN) ?? "", groups: [...all(subject.O), "system:authenticated"] };
  }
  const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (!token) return undefined;
  const review = await client.create<KubeObject>(
    { group: "authentication.k8s.io", version: "v1", plural: "tokenreviews" },
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: { name: "" },
      spec: { token },
    },
  );
  const status = review.status as { authenticated?: boolean; user?: User } | undefined;
  return status?.authenticated ? status.user : undefined;
}

const all = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
const one = (value: string | string[] | undefined) => all(value)[0];

async function isAllowed(
  client: ClusterClient,
  { username, uid, groups = [] }: User,
  { verb, node, subresource }: { verb: string; node: string; subresource: string },
): Promise<boolean> {
  const review = await client.create<KubeObject>(
    { group: "authorization.k8s.io", version: "v1", plural: "subjectaccessreviews" },
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: { name: "" },
      spec: {
        ...{ user: username, uid, groups },
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: node },
      },
    },
  );
  return (review.status as { allowed?: boolean } | undefined)?.allowed === true;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}
