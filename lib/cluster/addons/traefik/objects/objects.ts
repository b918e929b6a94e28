import type { KubeObject } from "@/lib/cluster/resources/kind";
import { traefikController } from "../model/routers";

const rbac = "rbac.authorization.k8s.io";

export interface TraefikObjectsOptions {
  release: string;
  namespace: string;
  name: string;
  serviceType: "NodePort" | "LoadBalancer";
  httpNodePort?: number | undefined;
  httpsNodePort?: number | undefined;
  isDefaultClass: boolean;
}

/** What Traefik's chart installs for Ingresses, with the chart's values. */
export function traefikObjects(options: TraefikObjectsOptions): KubeObject[] {
  const { name, namespace, isDefaultClass } = options;
  const selector = { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": name };
  const metadata = { name, namespace, labels: selector };
  const account = { kind: "ServiceAccount", name, namespace };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: `${name}-${namespace}`, labels: selector },
      rules: [
        { apiGroups: [""], resources: ["configmaps", "nodes", "services"], verbs: ["get", "list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] },
        {
          apiGroups: ["networking.k8s.io"],
          resources: ["ingressclasses", "ingresses"],
          verbs: ["get", "list", "watch"],
        },
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-${namespace}`, labels: selector },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: `${name}-${namespace}` },
      subjects: [account],
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: {
        name,
        labels: selector,
        annotations: { "ingressclass.kubernetes.io/is-default-class": String(isDefaultClass) },
      },
      spec: { controller: traefikController },
    },
    service(options, metadata, selector),
    deployment(options, metadata, selector),
  ];
}

function service(
  { serviceType, httpNodePort, httpsNodePort }: TraefikObjectsOptions,
  metadata: KubeObject["metadata"],
  selector: object,
): KubeObject {
  const port = (name: string, number: number, nodePort: number | undefined) => ({
    ...{ name, port: number, protocol: "TCP", targetPort: name },
    ...(nodePort === undefined ? {} : { nodePort }),
  });
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      type: serviceType,
      selector,
      ports: [port("web", 80, httpNodePort), port("websecure", 443, httpsNodePort)],
    },
  };
}

function deployment(
  { release, name, namespace }: TraefikObjectsOptions,
  metadata: KubeObject["metadata"],
  selector: Record<string, string>,
): KubeObject {
  const probe = (failureThreshold: number) => ({
    httpGet: { path: "/ping", port: 8080, scheme: "HTTP" },
    ...{
      initialDelaySeconds: 2,
      periodSeconds: 10,
      timeoutSeconds: 2,
      failureThreshold,
      successThreshold: 1,
    },
  });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: selector },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          terminationGracePeriodSeconds: 60,
          containers: [
            {
              name,
              image: `docker.io/traefik:v${release}`,
              imagePullPolicy: "IfNotPresent",
              args: [
                "--entryPoints.metrics.address=:9100/tcp",
                "--entryPoints.traefik.address=:8080/tcp",
                "--entryPoints.web.address=:8000/tcp",
                "--entryPoints.websecure.address=:8443/tcp",
                "--api.dashboard=true",
                "--ping=true",
                "--metrics.prometheus=true",
                "--metrics.prometheus.entrypoint=metrics",
                "--providers.kubernetesingress",
                "--providers.kubernetesingress.allowEmptyServices=true",
                `--providers.kubernetesingress.ingressendpoint.publishedservice=${namespace}/${name}`,
                "--entryPoints.websecure.http.tls=true",
                "--log.level=INFO",
              ],
              ports: [
                { name: "metrics", containerPort: 9100, protocol: "TCP" },
                { name: "traefik", containerPort: 8080, protocol: "TCP" },
                { name: "web", containerPort: 8000, protocol: "TCP" },
                { name: "websecure", containerPort: 8443, protocol: "TCP" },
              ],
              readinessProbe: probe(1),
              livenessProbe: probe(3),
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
              },
              volumeMounts: [
                { name: "data", mountPath: "/data" },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "data", emptyDir: {} },
            { name: "tmp", emptyDir: {} },
          ],
          securityContext: { runAsGroup: 65532, runAsNonRoot: true, runAsUser: 65532 },
        },
      },
    },
  };
}
