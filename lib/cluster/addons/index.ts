import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { Addon } from "./addon";
import { bridge } from "./bridge/bridge";
import { calico, calicoPrograms } from "./calico/calico";
import { cilium, ciliumPrograms } from "./cilium/cilium";
import { coredns } from "./coredns/coredns";
import { ingressNginx, ingressNginxPrograms } from "./ingress-nginx/ingress-nginx";
import { gatewayApi } from "./gateway-api/gateway-api";
import { nginxGateway, nginxGatewayPrograms } from "./nginx-gateway/nginx-gateway";
import { metallb, metallbPrograms } from "./metallb/metallb";
import { metricsServer, metricsServerPrograms } from "./metrics-server/metrics-server";
import { kubeProxy, kubeProxyPrograms } from "./kube-proxy/kube-proxy";
import { flannel, flannelPrograms } from "./flannel/flannel";
import { localPath, localPathPrograms } from "./local-path/local-path";
import { traefik, traefikPrograms } from "./traefik/traefik";
import { weave, weavePrograms } from "./weave/weave";
import type { AgentPrograms } from "./agents/agent-session";

const addons = new Map<string, Addon<never>>(
  [
    bridge,
    flannel,
    weave,
    calico,
    cilium,
    kubeProxy,
    coredns,
    ingressNginx,
    gatewayApi,
    nginxGateway,
    metallb,
    metricsServer,
    traefik,
    localPath,
  ].map((addon) => [addon.name, addon as Addon<never>]),
);

/** What the processes of components do, whoever installed them. */
export const agentPrograms: AgentPrograms = {
  ...flannelPrograms,
  ...weavePrograms,
  ...calicoPrograms,
  ...ciliumPrograms,
  ...kubeProxyPrograms,
  ...ingressNginxPrograms,
  ...nginxGatewayPrograms,
  ...metallbPrograms,
  ...metricsServerPrograms,
  ...traefikPrograms,
  ...localPathPrograms,
};

/** Throws AppError `invalid` when there is no addon of that name, or its options are wrong. */
export function findAddon(
  name: string,
  options: Record<string, unknown>,
): { addon: Addon<never>; options: never } {
  const addon = addons.get(name);
  if (!addon)
    throw new AppError("invalid", `There is no addon ${name}. There are: ${[...addons.keys()].join(", ")}.`);
  try {
    return { addon, options: addon.parse(options) };
  } catch (failure) {
    if (!(failure instanceof z.ZodError)) throw failure;
    throw new AppError("invalid", `Options of the addon ${name}: ${z.prettifyError(failure)}`, {
      cause: failure,
    });
  }
}
