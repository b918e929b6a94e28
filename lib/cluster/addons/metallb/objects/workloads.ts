import type { KubeObject } from "@/lib/cluster/resources/kind";

const port = 7472;
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const probe = {
  httpGet: { path: "/metrics", port: "monitoring" },
  initialDelaySeconds: 10,
  periodSeconds: 10,
  failureThreshold: 3,
};
/** The real one waits ten seconds for its caches. */
const readiness = { ...probe, initialDelaySeconds: 1, periodSeconds: 1 };
const arguments_ = [`--port=${port}`, "--log-level=info"];

export function controller(namespace: string, release: string): KubeObject {
  const labels = { app: "metallb", component: "controller" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "controller", namespace, labels },
    spec: {
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "controller",
          terminationGracePeriodSeconds: 0,
          nodeSelector: { "kubernetes.io/os": "linux" },
          securityContext: { runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534 },
          containers: [
            {
              name: "controller",
              image: `quay.io/metallb/controller:v${release}`,
              args: [...arguments_, "--tls-min-version=VersionTLS12"],
              env: [
                { name: "METALLB_ML_SECRET_NAME", value: "memberlist" },
                { name: "METALLB_DEPLOYMENT", value: "controller" },
              ],
              ports: [
                { name: "monitoring", containerPort: port },
                { name: "webhook-server", containerPort: 9443 },
              ],
              livenessProbe: probe,
              readinessProbe: readiness,
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["all"] },
                readOnlyRootFilesystem: true,
              },
              volumeMounts: [
                { name: "cert", mountPath: "/tmp/k8s-webhook-server/serving-certs", readOnly: true },
              ],
            },
          ],
          volumes: [{ name: "cert", secret: { secretName: "metallb-webhook-cert", defaultMode: 420 } }],
        },
      },
    },
  };
}

export function speaker(namespace: string, release: string): KubeObject {
  const labels = { app: "metallb", component: "speaker" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "speaker", namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "speaker",
          hostNetwork: true,
          terminationGracePeriodSeconds: 2,
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [
            { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule", operator: "Exists" },
          ],
          containers: [
            {
              name: "speaker",
              image: `quay.io/metallb/speaker:v${release}`,
              args: arguments_,
              env: [
                field("METALLB_NODE_NAME", "spec.nodeName"),
                field("METALLB_POD_NAME", "metadata.name"),
                field("METALLB_HOST", "status.hostIP"),
                field("METALLB_ML_BIND_ADDR", "status.podIP"),
                { name: "METALLB_ML_LABELS", value: "app=metallb,component=speaker" },
                { name: "METALLB_ML_SECRET_KEY_PATH", value: "/etc/ml_secret_key" },
              ],
              ports: [
                { name: "monitoring", containerPort: port },
                { name: "memberlist-tcp", containerPort: 7946 },
                { name: "memberlist-udp", containerPort: 7946, protocol: "UDP" },
              ],
              livenessProbe: probe,
              readinessProbe: readiness,
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ["NET_RAW"], drop: ["ALL"] },
                readOnlyRootFilesystem: true,
              },
              volumeMounts: [
                { name: "memberlist", mountPath: "/etc/ml_secret_key", readOnly: true },
                { name: "metallb-excludel2", mountPath: "/etc/metallb", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "memberlist", secret: { secretName: "memberlist", defaultMode: 420 } },
            { name: "metallb-excludel2", configMap: { name: "metallb-excludel2", defaultMode: 256 } },
          ],
        },
      },
    },
  };
}
