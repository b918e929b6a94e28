import { stringify } from "yaml";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { manifestOf } from "../product-manifests";

/** A chart of the product's own, as the project that it is named after publishes one. */
export interface Chart {
  /** "https://host/path", as people add it with `helm repo add`. */
  repository: string;
  name: string;
  /** Versions of the chart, newest first, each with that of what it installs; `objects` are the newest's. */
  releases: [newest: Release, ...Release[]];
  description: string;
  values: object;
  crds?: KubeObject[];
  objects: KubeObject[];
  /** From what `objects` say to what a template says, line by line in order. */
  replacements: [pattern: RegExp, replacement: string][];
}

export type Release = [version: string, appVersion: string];

/** What stands for a release in the objects that templates are made of. */
export const placeholder = { namespace: "examctl-namespace", name: "examctl-name" };
export const ports = { http: 32_766, https: 32_765 };

/** Files of one of the chart's releases by their paths. */
export function chartFiles(chart: Chart, [version, appVersion]: Release): Record<string, string> {
  const { name, description, values, crds } = chart;
  const text = chart.replacements
    .reduce((lines, [pattern, replacement]) => lines.replace(pattern, replacement), manifestOf(chart.objects))
    .replaceAll(chart.releases[0][1], appVersion);
  const fullname = `{{ include "chart.fullname" . }}`;
  return {
    "Chart.yaml": stringify({
      apiVersion: "v2",
      name,
      version,
      appVersion,
      description,
      type: "application",
    }),
    "values.yaml": stringify(values),
    ...(crds ? { [`crds/${name}.yaml`]: manifestOf(crds) } : {}),
    "templates/_helpers.tpl": [
      '{{- define "chart.fullname" -}}',
      "{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name }}",
      "{{- else -}}{{ .Release.Name }}-{{ .Chart.Name }}{{- end -}}",
      "{{- end -}}",
      "",
    ].join("\n"),
    [`templates/${name}.yaml`]: text
      .replaceAll(placeholder.namespace, "{{ .Release.Namespace }}")
      .replaceAll(placeholder.name, fullname),
  };
}

/** A line "nodePort: NUMBER" that is there when the value is. */
export function nodePort(number: number, value: string): [RegExp, string] {
  return [
    new RegExp(`^( +)nodePort: ${number}\\n`, "m"),
    `$1{{- with ${value} }}\n$1nodePort: {{ . }}\n$1{{- end }}\n`,
  ];
}
