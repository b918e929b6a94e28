import { expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { environmentOf, expand, MissingReferenceError, resourceOf } from "./environment";
import { podDnsOf } from "./pod-dns";
import { planVolumes, VolumeError, type VolumeReferences } from "./volumes/plan-volumes";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "shop", uid: "u", labels: { app: "web" } },
  spec: { nodeName: "node01", containers: [{ name: "main" }] },
};
const references: VolumeReferences = {
  claim: () => undefined,
  persistentVolume: () => undefined,
  configMap: (name) =>
    name === "config"
      ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { HOST: "db", "app.conf": "x=1" } }
      : undefined,
  secret: (name) =>
    name === "secret"
      ? {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name },
          data: { PASSWORD: Buffer.from("p").toString("base64") },
        }
      : undefined,
  services: [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "pay-service", namespace: "shop" },
      spec: { clusterIP: "10.96.0.7", ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    },
  ],
  podIp: "10.244.0.9",
  allocatable: { cpu: "2", memory: "4096Ki", "ephemeral-storage": "1Gi" },
  nodeIp: "172.30.0.2",
};

test("variables come from services, config maps, secrets, fields and earlier variables", () => {
  const values = Object.fromEntries(
    environmentOf(
      pod,
      {
        name: "main",
        envFrom: [{ prefix: "P_", configMapRef: { name: "config" } }],
        env: [
          { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          { name: "PASS", valueFrom: { secretKeyRef: { name: "secret", key: "PASSWORD" } } },
          { name: "URL", value: "http://$(P_HOST):$(PAY_SERVICE_SERVICE_PORT)/$(NOPE)/$$(IP)" },
        ],
      },
      references,
    ).map(({ name, value }) => [name, value]),
  );
  expect(values).toMatchObject({
    IP: "10.244.0.9",
    APP: "web",
    PASS: "p",
    URL: "http://db:80/$(NOPE)/$(IP)",
    PAY_SERVICE_SERVICE_HOST: "10.96.0.7",
    PAY_SERVICE_SERVICE_PORT_HTTP: "80",
    PAY_SERVICE_PORT_80_TCP: "tcp://10.96.0.7:80",
  });
});

test("a missing reference keeps the container waiting with upstream's words, unless it is optional", () => {
  const from = (valueFrom: NonNullable<NonNullable<Pod["spec"]["containers"][0]["env"]>[0]["valueFrom"]>) =>
    environmentOf(pod, { name: "main", env: [{ name: "X", valueFrom }] }, references);
  expect(() => from({ configMapKeyRef: { name: "none", key: "a" } })).toThrow(
    new MissingReferenceError('configmap "none" not found'),
  );
  expect(() => from({ configMapKeyRef: { name: "config", key: "a" } })).toThrow(
    "couldn't find key a in ConfigMap shop/config",
  );
  expect(
    from({ secretKeyRef: { name: "none", key: "a", optional: true } }).some(({ name }) => name === "X"),
  ).toBe(false);
});

test("expansion leaves what it does not know", () => {
  expect(expand("$(A) $(B) $$(A) $", (name) => (name === "A" ? "1" : undefined))).toBe("1 $(B) $(A) $");
});

test("volumes become files and folders of the pod", () => {
  const of: Pod = {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: [
        { name: "conf", configMap: { name: "config", items: [{ key: "app.conf", path: "etc/app.conf" }] } },
        { name: "tmp", emptyDir: {} },
        { name: "lock", hostPath: { path: "/run/x.lock", type: "FileOrCreate" } },
        { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
      ],
    },
  };
  const plan = planVolumes(of, "u", references);
  expect(plan.projections[0]).toMatchObject({
    root: "/var/lib/kubelet/pods/u/volumes/kubernetes.io~configmap/conf",
    files: [{ path: "etc/app.conf", content: Buffer.from("x=1"), mode: 0o644 }],
  });
  expect(plan.steps).toEqual([
    {
      kind: "empty-dir",
      path: "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/tmp",
      inMemory: false,
      sizeBytes: undefined,
    },
    { kind: "host-path", path: "/run/x.lock", type: "FileOrCreate", volume: "lock" },
  ]);
  expect(plan.projections[1]!.tokens[0]?.path).toBe("token");
});

test("a resource is told in units of its divisor, rounded up; a limit that is not set is the node's", () => {
  const container = { name: "main", resources: { limits: { cpu: "250m" }, requests: { memory: "33Mi" } } };
  const of: Pod = { ...pod, spec: { ...pod.spec, containers: [container] } };
  const told = (resource: string, divisor?: string) =>
    resourceOf(of, container, { resource, ...(divisor ? { divisor } : {}) }, references);
  expect(told("limits.cpu")).toBe("1");
  expect(told("limits.cpu", "1m")).toBe("250");
  expect(told("requests.memory", "10Mi")).toBe("4");
  expect(told("limits.memory", "1Ki")).toBe("4096");
});

test("a volume of a ConfigMap that is not there holds the pod", () => {
  const of: Pod = { ...pod, spec: { ...pod.spec, volumes: [{ name: "c", configMap: { name: "none" } }] } };
  expect(() => planVolumes(of, "u", references)).toThrow(new VolumeError("c", 'configmap "none" not found'));
});

test("pods ask the cluster's DNS, pods of the host network their node's", () => {
  const cluster = { dnsIp: "10.96.0.10", domain: "cluster.local" };
  const node = { servers: ["172.30.0.1"], searches: ["lab"], options: [] };
  expect(podDnsOf(pod, cluster, node)).toEqual({
    servers: ["10.96.0.10"],
    searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "lab"],
    options: ["ndots:5"],
  });
  expect(podDnsOf({ ...pod, spec: { ...pod.spec, hostNetwork: true } }, cluster, node)).toEqual(node);
});
