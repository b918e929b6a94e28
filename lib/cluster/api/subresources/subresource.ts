import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest } from "@/lib/cluster/client/status";
import type { PatchType } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api, Target } from "../api";
import type { RequestContext } from "../registry/registry";
import { creators } from "./create";
import { scale } from "./scale";
import { serveLog } from "./log";
import { objectSubresource } from "./object-subresource";
import { proxyNode, proxyRequest } from "./proxy";

export interface PatchBody {
  type: PatchType;
  value: unknown;
  force: boolean;
}

export interface ServeCall {
  api: Api;
  request: IncomingMessage;
  response: ServerResponse;
  target: Target;
  context: RequestContext;
  info: { query: URLSearchParams; rest: string; path: string };
}

/** What a subresource can do; `serve` takes the request whole (logs, proxies). */
export interface SubresourceHandler {
  get?(api: Api, target: Target): KubeObject;
  update?(api: Api, target: Target, object: KubeObject, context: RequestContext): Promise<KubeObject>;
  patch?(api: Api, target: Target, patch: PatchBody, context: RequestContext): Promise<KubeObject>;
  serve?(call: ServeCall): Promise<void>;
}

const upgradeOnly: SubresourceHandler = {
  serve: () => Promise.reject(badRequest("Upgrade request required")),
};

const handlers: Record<string, SubresourceHandler> = {
  "core/pods/log": { serve: serveLog },
  "core/pods/exec": upgradeOnly,
  "core/pods/attach": upgradeOnly,
  "core/pods/portforward": upgradeOnly,
  "core/pods/proxy": { serve: proxyRequest },
  "core/services/proxy": { serve: proxyRequest },
  "core/nodes/proxy": { serve: proxyNode },
  "core/pods/ephemeralcontainers": objectSubresource("ephemeralContainers"),
  "core/pods/resize": objectSubresource("resize"),
  "core/namespaces/finalize": objectSubresource("finalize"),
  "certificates.k8s.io/certificatesigningrequests/approval": objectSubresource("approval"),
};

export function findSubresource({ resource, subresource }: Target): SubresourceHandler | undefined {
  if (subresource === "scale") return resource.kind.subresources?.scale ? scale : undefined;
  const id = `${resource.collection.id}/${subresource}`;
  return handlers[id] ?? (id in creators ? {} : undefined);
}
