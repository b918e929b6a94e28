import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createCluster } from "../create-cluster";
import type { Cluster } from "../types";
import type { PodContainer, PodObject } from "./pod-object";

const ref = (plural: string, group = "", version = "v1") => ({ group, version, plural });
const pods = ref("pods");

let cluster: Cluster;
let client: ClusterClient;

beforeEach(async () => {
  cluster = await createCluster({
    journalPath: ":memory:",
    facts: {
      serviceCidr: "10.96.0.0/12",
      podCidr: "10.244.0.0/16",
      nodePortRange: { from: 30000, to: 32767 },
      domain: "cluster.local",
      version: "v1.34.5",
    },
    ca: { certificatePem: "", privateKeyPem: "" },
  });
  client = cluster.client({ name: "admin", groups: ["system:masters"] });
  await client.create(ref("serviceaccounts"), inDefault("v1", "ServiceAccount", "default"));
});
afterEach(() => cluster.close());

const inDefault = (apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "default" },
  ...rest,
});
const pod = (name: string, spec: object = {}, container: Partial<PodContainer> = {}) =>
  inDefault("v1", "Pod", name, {
    spec: { containers: [{ name: "c", image: "nginx", ...container }], ...spec },
  }) as PodObject;

describe("a pod gets", () => {
  test("its account's token, tolerations and priority", async () => {
    const { spec } = await client.create(pods, pod("a"));
    const volume = spec.volumes![0]!;
    expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec).toMatchObject({
      serviceAccountName: "default",
      serviceAccount: "default",
      priority: 0,
      preemptionPolicy: "PreemptLowerPriority",
      tolerations: [
        {
          key: "node.kubernetes.io/not-ready",
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 300,
        },
        {
          key: "node.kubernetes.io/unreachable",
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 300,
        },
      ],
    });
    expect(spec.containers![0]!.volumeMounts).toEqual([
      { name: volume.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ]);
  });

  test("no token where it does not want one", async () => {
    const { spec } = await client.create(pods, pod("a", { automountServiceAccountToken: false }));
    expect(spec.volumes).toBeUndefined();
  });

  test("refused without its account or priority class", async () => {
    await expect(client.create(pods, pod("a", { serviceAccountName: "ghost" }))).rejects.toThrow(
      'pods "a" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found',
    );
    await expect(client.create(pods, pod("a", { priorityClassName: "ghost" }))).rejects.toThrow(
      'pods "a" is forbidden: no PriorityClass with name ghost was found',
    );
    const critical = await client.create(pods, pod("b", { priorityClassName: "system-node-critical" }));
    expect(critical.spec.priority).toBe(2_000_001_000);
  });
});

test("namespaces that are missing or ending take nothing new", async () => {
  const stray = { ...inDefault("v1", "ConfigMap", "a"), metadata: { name: "a", namespace: "ghost" } };
  await expect(client.create(ref("configmaps"), stray)).rejects.toMatchObject({
    code: 404,
    message: 'namespaces "ghost" not found',
  });
  await expect(client.delete(ref("namespaces"), undefined, "default")).rejects.toThrow(
    'namespaces "default" is forbidden: this namespace may not be deleted',
  );
});

test("a default class is given to those without one", async () => {
  const classes = ref("ingressclasses", "networking.k8s.io");
  await client.create(classes, {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "nginx", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
    spec: { controller: "k8s.io/ingress-nginx" },
  });
  const ingress = await client.create(
    ref("ingresses", "networking.k8s.io"),
    inDefault("networking.k8s.io/v1", "Ingress", "a", {
      spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
    }),
  );
  expect(ingress.spec).toMatchObject({ ingressClassName: "nginx" });
});

describe("a namespace with limits", () => {
  test("fills in and bounds resources", async () => {
    const limits = [
      { type: "Container", max: { cpu: "2" }, default: { cpu: "1" }, defaultRequest: { cpu: "100m" } },
    ];
    await client.create(ref("limitranges"), inDefault("v1", "LimitRange", "lr", { spec: { limits } }));
    const created = await client.create(pods, pod("a"));
    expect(created.spec.containers![0]!.resources).toEqual({
      limits: { cpu: "1" },
      requests: { cpu: "100m" },
    });
    await expect(client.create(pods, pod("b", {}, { resources: { limits: { cpu: "3" } } }))).rejects.toThrow(
      'pods "b" is forbidden: maximum cpu usage per Container is 2, but limit is 3',
    );
  });

  test("refuses what exceeds a quota, and says what is used", async () => {
    const quotas = ref("resourcequotas");
    await client.create(
      quotas,
      inDefault("v1", "ResourceQuota", "q", { spec: { hard: { pods: "1", "limits.cpu": "1" } } }),
    );
    await expect(client.create(pods, pod("a"))).rejects.toThrow(
      'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c',
    );
    const small = { resources: { limits: { cpu: "600m" } } };
    await client.create(pods, pod("a", {}, small));
    await expect(client.create(pods, pod("b", {}, small))).rejects.toThrow(
      'pods "b" is forbidden: exceeded quota: q, requested: limits.cpu=600m,pods=1, used: limits.cpu=600m,pods=1, limited: limits.cpu=1,pods=1',
    );
    const stop = new AbortController();
    for await (const event of client.watch(quotas, { signal: stop.signal })) {
      if (event.type === "BOOKMARK") continue;
      const { used } = (event.object.status ?? {}) as { used?: object };
      if (used && JSON.stringify(used) === '{"pods":"1","limits.cpu":"600m"}') break;
    }
    stop.abort();
  });
});

describe("a validating admission policy", () => {
  const group = "admissionregistration.k8s.io";
  const install = async (expression: string, actions: string[], rest: object = {}) => {
    await client.create(ref("validatingadmissionpolicies", group), {
      apiVersion: `${group}/v1`,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "policy" },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
          ],
        },
        validations: [{ expression, ...rest }],
      },
    });
    await client.create(ref("validatingadmissionpolicybindings", group), {
      apiVersion: `${group}/v1`,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "binding" },
      spec: { policyName: "policy", validationActions: actions },
    });
  };
  const configMap = (name: string) => inDefault("v1", "ConfigMap", name, { data: { size: "1" } });

  test("refuses what its expression does not allow", async () => {
    await install("object.metadata.name.startsWith('ok-')", ["Deny"]);
    await client.create(ref("configmaps"), configMap("ok-1"));
    await expect(client.create(ref("configmaps"), configMap("bad"))).rejects.toMatchObject({
      code: 422,
      message:
        "configmaps \"bad\" is forbidden: ValidatingAdmissionPolicy 'policy' with binding 'binding' denied request: failed expression: object.metadata.name.startsWith('ok-')",
    });
  });

  test("speaks its own message and reason, and knows who asks and where", async () => {
    await install(
      "request.userInfo.username != 'admin' || namespaceObject.metadata.name != 'default'",
      ["Deny"],
      {
        messageExpression: "'not here, ' + request.userInfo.username",
        reason: "Forbidden",
      },
    );
    await expect(client.create(ref("configmaps"), configMap("a"))).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining("denied request: not here, admin") as string,
    });
  });

  test("fails closed when its expression cannot be evaluated", async () => {
    await install("object.data.nothing.size() > 1", ["Deny"]);
    await expect(client.create(ref("configmaps"), configMap("a"))).rejects.toThrow(
      "resulted in error: No such key",
    );
  });
});

describe("a RuntimeClass", () => {
  const runtimeClass = (name: string, rest: object) =>
    client.create(ref("runtimeclasses", "node.k8s.io"), {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name },
      handler: name,
      ...rest,
    } as KubeObject);

  test("that is not there refuses the pod", async () => {
    await expect(client.create(pods, pod("a", { runtimeClassName: "gvisor" }))).rejects.toMatchObject({
      code: 403,
      message: 'pods "a" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
    });
  });

  test("gives its pods overhead, a selector and tolerations", async () => {
    const toleration = { key: "sandboxed", operator: "Exists" };
    await runtimeClass("gvisor", {
      overhead: { podFixed: { cpu: "250m" } },
      scheduling: { nodeSelector: { sandbox: "yes" }, tolerations: [toleration] },
    });
    const { spec } = await client.create(pods, pod("a", { runtimeClassName: "gvisor" }));
    expect(spec).toMatchObject({ overhead: { cpu: "250m" }, nodeSelector: { sandbox: "yes" } });
    expect(spec.tolerations).toContainEqual(toleration);
    const clash = pod("b", { runtimeClassName: "gvisor", nodeSelector: { sandbox: "no" } });
    await expect(client.create(pods, clash)).rejects.toThrow(
      "conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no",
    );
    const other = pod("c", { runtimeClassName: "gvisor", overhead: { cpu: "1" } });
    await expect(client.create(pods, other)).rejects.toThrow(
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
  });

  test("alone gives overhead", async () => {
    await expect(client.create(pods, pod("a", { overhead: { cpu: "1" } }))).rejects.toThrow(
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    );
  });
});

test("a new node is tainted until it is found ready", async () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  const created = await client.create<KubeObject>(ref("nodes"), node);
  const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  expect(created.spec).toMatchObject({ taints: [taint] });
});
