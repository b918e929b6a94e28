import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { Ports } from "../render/places";

/** The controller's flags (ingress-nginx, pkg/flags/flags.go). */
export interface ControllerOptions {
  controllerClass: string;
  /** The annotation kubernetes.io/ingress.class of before. */
  annotationClass: string;
  watchesWithoutClass: boolean;
  watchNamespace: string | undefined;
  /** "namespace/name" of its ConfigMap, of the Service that stands in status, of the backend for what nobody serves. */
  configMap: string | undefined;
  publishService: string | undefined;
  defaultBackend: string | undefined;
  reportsInternalIp: boolean;
  updatesStatus: boolean;
  webhook: { port: number; certificatePath: string; keyPath: string } | undefined;
  healthPort: number;
  ports: Ports;
}

export function readOptions(session: AgentSession): ControllerOptions {
  const text = (name: string) => session.flag(name) || undefined;
  const number = (name: string, otherwise: number) => Number(session.flag(name) ?? otherwise);
  const webhook = text("validating-webhook");
  return {
    controllerClass: text("controller-class") ?? "k8s.io/ingress-nginx",
    annotationClass: text("ingress-class") ?? "nginx",
    watchesWithoutClass: session.flag("watch-ingress-without-class") === "true",
    watchNamespace: text("watch-namespace"),
    configMap: text("configmap"),
    publishService: text("publish-service"),
    defaultBackend: text("default-backend-service"),
    reportsInternalIp: session.flag("report-node-internal-ip-address") === "true",
    updatesStatus: session.flag("update-status") !== "false",
    webhook: webhook
      ? {
          port: Number(webhook.split(":").at(-1)),
          certificatePath: text("validating-webhook-certificate") ?? "",
          keyPath: text("validating-webhook-key") ?? "",
        }
      : undefined,
    healthPort: number("healthz-port", 10254),
    ports: {
      http: number("http-port", 80),
      https: number("https-port", 443),
      default: number("default-server-port", 8181),
      status: number("status-port", 10246),
    },
  };
}

export function splitKey(key: string): { namespace: string; name: string } {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}
