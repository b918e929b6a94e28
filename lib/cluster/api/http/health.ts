import type { ServerResponse } from "node:http";
import { noSuchResource } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import type { RequestInfo } from "./request-info";
import { sendText } from "./respond";

const common = [
  "ping",
  "log",
  "etcd",
  "poststarthook/start-apiserver-admission-initializer",
  "poststarthook/generic-apiserver-start-informers",
  "poststarthook/priority-and-fairness-config-consumer",
  "poststarthook/priority-and-fairness-filter",
  "poststarthook/storage-object-count-tracker-hook",
  "poststarthook/start-apiextensions-informers",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/start-system-namespaces-controller",
  "poststarthook/start-cluster-authentication-info-controller",
  "poststarthook/start-kube-apiserver-identity-lease-controller",
  "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
  "poststarthook/start-legacy-token-tracking-controller",
  "poststarthook/start-service-ip-repair-controllers",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
  "poststarthook/priority-and-fairness-config-producer",
  "poststarthook/bootstrap-controller",
  "poststarthook/start-kubernetes-service-cidr-controller",
  "poststarthook/aggregator-reload-proxy-client-cert",
  "poststarthook/start-kube-aggregator-informers",
  "poststarthook/apiservice-status-local-available-controller",
  "poststarthook/apiservice-status-remote-available-controller",
  "poststarthook/apiservice-registration-controller",
  "poststarthook/apiservice-discovery-controller",
  "poststarthook/kube-apiserver-autoregistration",
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
];

/** readyz also tells whether the server has what it needs and is not on its way out. */
const readyOnly = ["etcd-readiness", "informer-sync", "shutdown"];

/** /healthz, /livez, /readyz, with `?verbose`, `?exclude=` and single checks below them. */
export function answerHealth(
  _api: Api,
  response: ServerResponse,
  { path, query }: Extract<RequestInfo, { isResource: false }>,
): void {
  const [endpoint = "", ...rest] = path.slice(1).split("/");
  const checks = endpoint === "readyz" ? [...common, ...readyOnly] : common;
  const one = rest.join("/");
  if (one) {
    if (!checks.includes(one)) throw noSuchResource();
    return sendText(response, 200, "ok");
  }
  if (!query.has("verbose")) return sendText(response, 200, "ok");
  const excluded = new Set(query.getAll("exclude"));
  const lines = checks.map((name) => `[+]${name} ${excluded.has(name) ? "excluded: ok" : "ok"}\n`);
  sendText(response, 200, `${lines.join("")}${endpoint} check passed\n`);
}
