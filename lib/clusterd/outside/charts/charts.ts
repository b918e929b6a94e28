import { ingressNginxObjects } from "@/lib/cluster/addons/ingress-nginx/objects";
import { metallbCrds } from "@/lib/cluster/addons/metallb/objects/crds";
import { metallbParts } from "@/lib/cluster/addons/metallb/objects/objects";
import { metricsServerObjects } from "@/lib/cluster/addons/metrics-server/objects";
import { traefikObjects } from "@/lib/cluster/addons/traefik/objects/objects";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { nodePort, placeholder, ports, type Chart } from "./chart";

const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";

const ingressNginx: Chart = {
  repository: "https://kubernetes.github.io/ingress-nginx",
  ...{ name: "ingress-nginx", version: "4.13.3", appVersion: "1.13.3" },
  description: "Ingress controller for Kubernetes using NGINX as a reverse proxy and load balancer",
  values: {
    controller: {
      service: { type: "LoadBalancer", nodePorts: { http: "", https: "" } },
      ingressClassResource: { default: false },
    },
  },
  objects: ingressNginxObjects({
    ...{ serviceType: "NodePort", httpNodePort: ports.http, httpsNodePort: ports.https },
    ...{ isDefaultClass: true, webhook: true },
  }).filter((one) => !isNamespace(one)),
  replacements: [
    [/\bingress-nginx-(controller|admission)\b/g, `${placeholder.name}-$1`],
    [/^( *(?:- )?(?:name|serviceAccountName): )ingress-nginx$/gm, `$1${placeholder.name}`],
    [/^( *namespace: )ingress-nginx$/gm, `$1${placeholder.namespace}`],
    [/^( *app.kubernetes.io\/instance: ).*$/gm, "$1{{ .Release.Name }}"],
    [
      /is-default-class: "true"/,
      "is-default-class: {{ .Values.controller.ingressClassResource.default | quote }}",
    ],
    [/^( +)type: NodePort$/m, "$1type: {{ .Values.controller.service.type }}"],
    nodePort(ports.http, ".Values.controller.service.nodePorts.http"),
    nodePort(ports.https, ".Values.controller.service.nodePorts.https"),
  ],
};

const metallb: Chart = {
  repository: "https://metallb.github.io/metallb",
  ...{ name: "metallb", version: "0.15.3", appVersion: "v0.15.3" },
  description: "A network load-balancer implementation for Kubernetes using standard routing protocols",
  values: { loadBalancerClass: "" },
  crds: metallbCrds(),
  objects: metallbParts("0.15.3", placeholder.namespace),
  replacements: [
    [/^( *(?:- )?(?:name|serviceAccountName|value): )(controller|speaker)$/gm, `$1${placeholder.name}-$2`],
    [/^( *- )controller$/gm, `$1${placeholder.name}-controller`],
    [
      /^( *)- --log-level=info$/gm,
      "$1- --log-level=info\n$1{{- with .Values.loadBalancerClass }}\n$1- --lb-class={{ . }}\n$1{{- end }}",
    ],
  ],
};

const metricsServer: Chart = {
  repository: "https://kubernetes-sigs.github.io/metrics-server",
  ...{ name: "metrics-server", version: "3.13.0", appVersion: "0.8.0" },
  description: "Metrics Server is a scalable, efficient source of container resource metrics",
  values: { args: [] },
  objects: metricsServerObjects({ release: "0.8.0", kubeletInsecureTls: false }),
  replacements: [
    [
      /^( *)- --metric-resolution=15s$/m,
      "$1- --metric-resolution=15s\n$1{{- range .Values.args }}\n$1- {{ . }}\n$1{{- end }}",
    ],
    // The role that reads how the front proxy is known is kube-system's.
    [
      /^( *namespace: )kube-system$(?![^]{0,160}extension-apiserver-authentication-reader)/gm,
      `$1${placeholder.namespace}`,
    ],
  ],
};

const traefik: Chart = {
  repository: "https://traefik.github.io/charts",
  ...{ name: "traefik", version: "37.1.2", appVersion: "v3.5.3" },
  description: "A Traefik based Kubernetes ingress controller",
  values: {
    service: { type: "LoadBalancer" },
    ports: { web: { nodePort: "" }, websecure: { nodePort: "" } },
    ingressClass: { isDefaultClass: true },
  },
  objects: traefikObjects({
    ...{ release: "3.5.3", ...placeholder, serviceType: "NodePort", isDefaultClass: true },
    ...{ httpNodePort: ports.http, httpsNodePort: ports.https },
  }),
  replacements: [
    [/is-default-class: "true"/, "is-default-class: {{ .Values.ingressClass.isDefaultClass | quote }}"],
    [/^( +)type: NodePort$/m, "$1type: {{ .Values.service.type }}"],
    nodePort(ports.http, ".Values.ports.web.nodePort"),
    nodePort(ports.https, ".Values.ports.websecure.nodePort"),
  ],
};

export const charts: Chart[] = [ingressNginx, metallb, metricsServer, traefik];

/** Hosts of their repositories. */
export const chartHosts: ReadonlySet<string> = new Set(
  charts.map(({ repository }) => new URL(repository).hostname),
);
