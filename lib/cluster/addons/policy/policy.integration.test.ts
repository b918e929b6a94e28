import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NetworkPolicy, Pod } from "@/lib/cluster/resources/types";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { eventually } from "@/lib/core/testing";
import { startAddonLab, type AddonLab } from "../testing";
import { namespaceNames, policies, portNumbers } from "./testing/arbitrary";
import { specAllows } from "./testing/model";
import { answered, servePods, type ProbedPod } from "./testing/probe";
import type { Connection, World } from "./testing/world";
import { policyPodOf } from "./view";

let clusterd: TestClusterd;
beforeAll(async () => {
  clusterd = await startTestClusterd();
}, 400_000);
afterAll(() => clusterd?.close(), 60_000);

const nodes = [
  { name: "controlplane", ip: "172.30.7.10" },
  { name: "node01", ip: "172.30.7.11" },
];

type Spec = NonNullable<NetworkPolicy["spec"]>;
const policy = (namespace: string, name: string, spec: Spec): NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec,
});
const labelled = (name: string) => ({ matchLabels: { "kubernetes.io/metadata.name": name } });

/** What people write: the recipes that labs and exams ask for. */
const recipes: Record<string, NetworkPolicy[]> = {
  "no policy": [],
  "default deny of both directions": [
    policy("blue", "deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
  ],
  "one app from one other, on one port": [
    policy("blue", "web", {
      podSelector: { matchLabels: { app: "a" } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "b" } } }], ports: [{ port: 80 }] }],
    }),
  ],
  "pods and namespaces: both of one peer, either of two": [
    policy("blue", "both", {
      podSelector: { matchLabels: { app: "a" } },
      ingress: [
        { from: [{ namespaceSelector: labelled("green"), podSelector: { matchLabels: { app: "a" } } }] },
      ],
    }),
    policy("blue", "either", {
      podSelector: { matchLabels: { app: "b" } },
      ingress: [{ from: [{ namespaceSelector: labelled("green") }, { podSelector: {} }] }],
    }),
  ],
  "ports by range, name and protocol": [
    policy("red", "ports", {
      podSelector: {},
      ingress: [
        { ports: [{ protocol: "UDP", port: 80, endPort: 81 }] },
        { from: [{ namespaceSelector: labelled("blue") }], ports: [{ port: "web" }] },
      ],
    }),
    policy("green", "egress", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 443 }, { protocol: "UDP", port: 443 }] }],
    }),
  ],
};

describe.each([
  {
    ...{ network: "calico", first: /-j cali-FORWARD$/, chains: /^:cali-pi-_\S+ /m, rounds: 3 },
    apiServer: [{ ipBlock: { cidr: "172.30.7.10/32" } }],
    differs: { isOwnNodeGuarded: true },
  },
  {
    ...{ network: "weave", first: /-j WEAVE-NPC-EGRESS$/, chains: /^:WEAVE-NPC-INGRESS /m, rounds: 3 },
    apiServer: [{ ipBlock: { cidr: "172.30.7.10/32" } }],
    differs: { isOwnNodeGuarded: false },
  },
  {
    ...{ network: "cilium", first: /-j CILIUM_POLICY$/, chains: /^:CILIUM_POLICY_I_\S+ /m, rounds: 2 },
    // No block holds a node there.
    apiServer: [],
    differs: { isOwnNodeGuarded: true, areBlocksOutside: true, hasNoRanges: true },
  },
])("policies on $network", ({ network, first, chains, rounds, apiServer, differs }) => {
  let lab: AddonLab;
  let world: World;
  let probed: ProbedPod[];
  let connections: Connection[];
  const labId = `policy-${network}`;
  beforeAll(async () => {
    lab = await startAddonLab(clusterd, labId, [
      { name: network },
      { name: "kube-proxy" },
      { name: "coredns" },
    ]);
    ({ world, probed, connections } = await startWorld(lab));
  }, 180_000);
  afterAll(async () => void (await clusterd.client.call("lab.stop", { labId })), 120_000);

  async function expectSpecified(some: NetworkPolicy[]): Promise<void> {
    await putPolicies(lab, some);
    const specified = connections
      .filter((one) => specAllows({ ...world, policies: some }, one, differs))
      .map(describeConnection);
    const seen = await eventually(
      async () => [...(await answered(lab, probed, connections))].map(describeConnection),
      (one) => one.length === specified.length && one.every((text, index) => text === specified[index]),
      15_000,
    );
    expect(seen).toEqual(specified);
  }

  test.each(Object.entries(recipes))("%s", async (_, some) => {
    await expectSpecified(some);
    if (some.length > 1) expect(await lab.run("iptables-save -t filter")).toMatch(chains);
  });

  test("whatever random policies say, every pair of pods is connected as specified", async () => {
    const addresses = [...world.pods, ...nodes].map(({ ip }) => ip);
    for (const some of fc.sample(policies(addresses, 4), { numRuns: rounds, seed: 7 }))
      await expectSpecified(some);
  });

  test("what leads into the rules is there once, before kube-proxy's", async () => {
    const rules = (await lab.run("iptables-save -t filter")).split("\n");
    const forward = rules.filter((rule) => rule.startsWith("-A FORWARD "));
    expect(forward[0]).toMatch(first);
    expect(new Set(forward).size).toBe(forward.length);
  });

  test("name resolution, the API and probes get through where they are let", async () => {
    const client = world.pods.find(({ namespace, node }) => namespace === "blue" && node === "node01")!;
    const { netns, node } = probed.find(({ ip }) => ip === client.ip)!;
    const isOpen = async (command: string) =>
      (await lab.try(
        `nsenter --net=/var/run/netns/${netns} ${command} >/dev/null 2>&1 && echo yes`,
        node,
      )) === "yes\n";
    const dns = () => isOpen("dig +time=1 +tries=1 @10.96.0.10 kubernetes.default.svc.cluster.local");
    const api = () => isOpen("curl -sk -m 2 https://10.96.0.1/version");
    const becomes = async (ask: () => Promise<boolean>, wanted: boolean) =>
      expect(await eventually(ask, (seen) => seen === wanted, 15_000)).toBe(wanted);
    const egress = (rules: Spec["egress"]) =>
      putPolicies(lab, [
        policy("blue", "deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
        policy("blue", "egress", { podSelector: {}, policyTypes: ["Egress"], egress: rules }),
      ]);
    await egress([
      {
        to: [
          {
            namespaceSelector: labelled("kube-system"),
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
          },
        ],
        ports: [{ protocol: "UDP", port: 53 }],
      },
    ]);
    await becomes(dns, true);
    await becomes(api, false);
    // What counts is where the Service's address leads: the API server's own.
    await egress([{ to: apiServer, ports: [{ port: 6443 }] }]);
    await becomes(api, true);
    await becomes(dns, false);
    // Neither the kubelet's probes nor a pod that comes later need a rule of their own.
    await lab.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "probed", namespace: "blue" },
        spec: {
          nodeName: "node01",
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: "web",
              image: "nginx:alpine",
              readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
            },
          ],
        },
      }),
    );
    await lab.run("kubectl -n blue wait --for=condition=Ready pod/probed --timeout=60s");
    const late = await lab.run("kubectl -n blue get pod probed -o jsonpath='{.status.podIP}'");
    const [stranger] = probed.filter(({ ip }) =>
      world.pods.some((pod) => pod.ip === ip && pod.namespace === "red"),
    );
    expect(
      await lab.try(
        `nsenter --net=/var/run/netns/${stranger!.netns} curl -s -m 1 http://${late}; echo $?`,
        stranger!.node,
      ),
    ).toBe("28\n");
  });
});

test("flannel lets everything through, whatever policies say", async () => {
  const labId = "policy-flannel";
  const lab = await startAddonLab(clusterd, labId, [{ name: "flannel" }, { name: "kube-proxy" }]);
  try {
    const { probed, connections } = await startWorld(lab);
    await putPolicies(
      lab,
      namespaceNames.map((name) =>
        policy(name, "deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
      ),
    );
    expect((await answered(lab, probed, connections)).size).toBe(connections.length);
  } finally {
    await clusterd.client.call("lab.stop", { labId });
  }
}, 180_000);

/** Three namespaces with two pods each, one on either node, that answer on all ports. */
async function startWorld(lab: AddonLab) {
  const objects = namespaceNames.flatMap((namespace, index) => [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { team: namespace } } },
    ...nodes.map(({ name: nodeName }, n) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `pod-${n}`,
        namespace,
        labels: { app: n === 0 ? "a" : "b", ...(index > 0 ? { tier: "a" } : {}) },
      },
      spec: {
        nodeName,
        terminationGracePeriodSeconds: 0,
        tolerations: [{ operator: "Exists" }],
        containers: [
          {
            name: "pause",
            image: "registry.k8s.io/pause:3.10.1",
            ports: [{ name: "web", containerPort: portNumbers[n]! }],
          },
        ],
      },
    })),
  ]);
  await lab.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  for (const namespace of namespaceNames)
    await lab.run(`kubectl -n ${namespace} wait --for=condition=Ready pod --all --timeout=60s`);
  const { items } = JSON.parse(await lab.run("kubectl get pods -A -o json")) as { items: Pod[] };
  const pods = items
    .filter(({ metadata }) => namespaceNames.includes(metadata.namespace!))
    .map((pod) => policyPodOf(pod) as World["pods"][number]);
  const probed = await servePods(lab, pods, portNumbers);
  const connections = pods.flatMap(({ ip: from }) =>
    pods
      .filter(({ ip }) => ip !== from)
      .flatMap(({ ip: to }) =>
        portNumbers.flatMap((port) =>
          (["tcp", "udp"] as const).map((protocol): Connection => ({ from, to, protocol, port })),
        ),
      ),
  );
  const namespaces = namespaceNames.map((name) => ({
    name,
    labels: { "kubernetes.io/metadata.name": name, team: name },
  }));
  return { world: { namespaces, nodes, pods, policies: [] } satisfies World, probed, connections };
}

/** Makes these the only policies there are. */
async function putPolicies(lab: AddonLab, some: NetworkPolicy[]): Promise<void> {
  await lab.run("kubectl delete networkpolicy -A --all >/dev/null");
  if (some.length > 0) await lab.apply(some.map((one) => JSON.stringify(one)).join("\n---\n"));
}

function describeConnection({ from, to, protocol, port }: Connection): string {
  return `${from} -> ${to} ${protocol} ${port}`;
}
