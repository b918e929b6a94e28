import { ingressNginxObjects } from "@/lib/cluster/addons/ingress-nginx/objects";
import { metallbCrds } from "@/lib/cluster/addons/metallb/objects/crds";
import { metallbParts } from "@/lib/cluster/addons/metallb/objects/objects";
import { metricsServerObjects } from "@/lib/cluster/addons/metrics-server/objects";
import { traefikObjects } from "@/lib/cluster/addons/traefik/objects/objects";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { nodePort, placeholder, ports, type Chart, type Release } from "./chart";

const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";

/** Since 4.10.0 both numbers go together (the repository's table of supported versions). */
const ingressNginxReleases: [Release, ...Release[]] = [
  ["4.13.3", "1.13.3"],
  ...["13.2", "13.1", "13.0", "12.3", "12.2", "12.1", "12.0", "11.5", "11.4", "11.3", "11.2", "11.1", "11.0"]
    .concat(["10.2", "10.1", "10.0"])
    .map((one): Release => [`4.${one}`, `1.${one}`]),
  ...([
    ["4.9.1", "1.9.6"],
    ["4.9.0", "1.9.5"],
    ["4.8.3", "1.9.4"],
    ["4.7.1", "1.8.1"],
  ] as Release[]),
];

const ingressNginx: Chart = {
  repository: "https://kubernetes.github.io/ingress-nginx",
  ...{ name: "ingress-nginx", releases: ingressNginxReleases },
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
  name: "metallb",
  releases: [
    ["0.15.3", "v0.15.3"],
    ["0.15.2", "v0.15.2"],
    ["0.14.9", "v0.14.9"],
    ["0.14.8", "v0.14.8"],
    ["0.14.5", "v0.14.5"],
  ],
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
  name: "metrics-server",
  releases: [
    ["3.13.0", "0.8.0"],
    ["3.12.2", "0.7.2"],
    ["3.12.1", "0.7.1"],
    ["3.12.0", "0.7.0"],
    ["3.11.0", "0.6.4"],
  ],
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
  ...{ name: "traefik", releases: [["37.1.2", "v3.5.3"]] },
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

/** Repositories that people add beside others: `helm repo update` finds them, and they hold no chart here. */
export const emptyRepositories = ["https://helm.nginx.com/stable"];

/** Hosts of the repositories. */
export const chartHosts: ReadonlySet<string> = new Set(
  [...charts.map(({ repository }) => repository), ...emptyRepositories].map((url) => new URL(url).hostname),
);
