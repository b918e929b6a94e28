import { stringify } from "yaml";
import { fabricCrds } from "@/lib/cluster/addons/nginx-gateway/objects/crds";
import { fabricObjects, majorOf } from "@/lib/cluster/addons/nginx-gateway/objects/fabric";
import { manifestOf } from "./product-manifests";

const namespace = "examctl-namespace";
const name = "examctl-name";
const ports = { http: 32_766, https: 32_765 };

/** The files of the chart nginx-gateway-fabric: what deploy.yaml installs, with the release's name and namespace. */
export function fabricChart(release: string): Record<string, string> {
  const isStatic = majorOf(release) === 1;
  // Where a 2.x chart has its nginx's settings below `nginx`, 1.x has the Service's at the top.
  const service = isStatic ? ".Values.service" : ".Values.nginx.service";
  const objects = fabricObjects({
    ...{ release, namespace, name, serviceType: "NodePort" },
    ...{ httpNodePort: ports.http, httpsNodePort: ports.https },
  });
  const templates = manifestOf(objects)
    .replaceAll(namespace, "{{ .Release.Namespace }}")
    .replaceAll(name, '{{ include "fabric.name" . }}')
    .replace("type: NodePort", `type: {{ ${service}.type }}`)
    .replace(
      /^( +)externalTrafficPolicy: Local\n/m,
      `$1{{- if ne ${service}.type "ClusterIP" }}\n$1externalTrafficPolicy: Local\n$1{{- end }}\n`,
    )
    .replace(/^ +nodePort: 3276[56]\n/gm, "")
    .replace(/^ +nodePorts:\n( +- .*\n +port: .*\n)+/m, nodePorts(service));
  const values = { type: "LoadBalancer", ...(isStatic ? {} : { nodePorts: [] }) };
  return {
    "Chart.yaml": stringify({
      apiVersion: "v2",
      name: "nginx-gateway-fabric",
      version: release,
      appVersion: release,
      description: "NGINX Gateway Fabric, which serves the Gateway API with nginx.",
      type: "application",
    }),
    "values.yaml": stringify(isStatic ? { service: values } : { nginx: { service: values } }),
    "crds/nginx-gateway-fabric.yaml": manifestOf(fabricCrds(majorOf(release))),
    "templates/_helpers.tpl":
      '{{- define "fabric.name" -}}\n{{- if contains "nginx-gateway-fabric" .Release.Name -}}{{ .Release.Name }}{{- else -}}{{ .Release.Name }}-nginx-gateway-fabric{{- end -}}\n{{- end -}}\n',
    "templates/fabric.yaml": templates,
  };
}

function nodePorts(service: string): string {
  return `      {{- with ${service}.nodePorts }}\n      nodePorts: {{ toJson . }}\n      {{- end }}\n`;
}
