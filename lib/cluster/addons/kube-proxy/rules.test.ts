import { expect, test } from "vitest";
import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";
import { chainHash, chains } from "./chains";
import { jumpKey, jumps, proxyRules } from "./rules";
import { servicePorts } from "./service-ports";

const service = (spec: Partial<Service["spec"]> = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  spec: {
    type: "ClusterIP",
    clusterIP: "10.96.3.4",
    ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
    ...spec,
  },
});

const slice = (
  ...endpoints: { ip: string; nodeName?: string; ready?: boolean; terminating?: boolean }[]
): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "web-1", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  endpoints: endpoints.map(({ ip, nodeName = "node01", terminating = false, ready = !terminating }) => ({
    addresses: [ip],
    nodeName,
    conditions: { ready, serving: ready || terminating, terminating },
  })),
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
});

const rulesOf = (services: Service[], slices: EndpointSlice[], present: string[] = []) =>
  proxyRules(servicePorts(services, slices), {
    nodeName: "controlplane",
    podCidr: "10.244.0.0/16",
    present,
    presentJumps: new Set(jumps.map(({ table, chain, rule }) => jumpKey(table, chain, rule))),
  });

test("chain names are those of a real cluster", () => {
  // As every kubeadm cluster shows them.
  expect(chains.service("default/kubernetes:https", "tcp")).toBe("KUBE-SVC-NPX46M4PTMTKRN6Y");
  expect(chains.service("kube-system/kube-dns:dns", "udp")).toBe("KUBE-SVC-TCOU7JCQXEZGVUNU");
  expect(chains.service("kube-system/kube-dns:dns-tcp", "tcp")).toBe("KUBE-SVC-ERIFXISQEP7F7OF4");
  expect(chains.service("kube-system/kube-dns:metrics", "tcp")).toBe("KUBE-SVC-JD5MR3NA4I4DYORP");
  expect(chainHash("x")).toHaveLength(16);
});

test("a cluster address leads to each endpoint with equal chance", () => {
  const { text } = rulesOf([service()], [slice({ ip: "10.244.1.2" }, { ip: "10.244.1.3" })]);
  const svc = chains.service("shop/web:http", "tcp");
  expect(text).toContain(
    `-A KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" -m tcp -p tcp -d 10.96.3.4/32 --dport 80 -j ${svc}`,
  );
  expect(text).toContain("--probability 0.5000000000");
  expect(text).toContain("-j DNAT --to-destination 10.244.1.3:8080");
  expect(text).toContain(`! -s 10.244.0.0/16 -j KUBE-MARK-MASQ`);
});

test("a Service without endpoints is refused", () => {
  const { text, chains: used } = rulesOf([service()], [slice({ ip: "10.244.1.2", ready: false })]);
  expect(text).toContain(
    '"shop/web:http has no endpoints" -m tcp -p tcp -d 10.96.3.4/32 --dport 80 -j REJECT',
  );
  expect(used.size).toBe(0);
});

test("a NodePort is open on every node and masquerades", () => {
  const nodePort = service({
    type: "NodePort",
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
  });
  const { text } = rulesOf([nodePort], [slice({ ip: "10.244.1.2" })]);
  const ext = chains.external("shop/web:http", "tcp");
  expect(text).toContain(
    `-A KUBE-NODEPORTS -m comment --comment "shop/web:http" -m tcp -p tcp --dport 30080 -j ${ext}`,
  );
  expect(text).toContain(
    `-A ${ext} -m comment --comment "masquerade traffic for shop/web:http external destinations" -j KUBE-MARK-MASQ`,
  );
});

test("with externalTrafficPolicy Local a node without an endpoint drops what comes to its port", () => {
  const local = service({
    type: "NodePort",
    externalTrafficPolicy: "Local",
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
  });
  const { text } = rulesOf([local], [slice({ ip: "10.244.1.2", nodeName: "node01" })]);
  expect(text).toContain(
    '-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP',
  );
});

test("session affinity remembers the endpoint of a client", () => {
  const sticky = service({
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  });
  const { text } = rulesOf([sticky], [slice({ ip: "10.244.1.2" })]);
  const sep = chains.endpoint("shop/web:http", "tcp", "10.244.1.2:8080");
  expect(text).toContain(`-m recent --name ${sep} --rcheck --seconds 60 --reap -j ${sep}`);
  expect(text).toContain(`-m recent --name ${sep} --set`);
});

test("chains of a deleted Service are emptied and removed", () => {
  const old = chains.service("shop/gone:http", "tcp");
  const { text } = rulesOf([], [], [old]);
  expect(text).toContain(`:${old} - [0:0]`);
  expect(text).toContain(`-X ${old}`);
});

test("jumps that the node lacks are added, others are left alone", () => {
  const ports = servicePorts([], []);
  const options = { nodeName: "a", podCidr: "10.244.0.0/16", present: [] };
  const fresh = proxyRules(ports, { ...options, presentJumps: new Set() }).text;
  expect(fresh).toContain(
    '-I PREROUTING 1 -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  );
  expect(rulesOf([], []).text).not.toContain("-I ");
});

test("with a Local policy a node falls back to what terminates there, though others are ready elsewhere", () => {
  const local = service({
    type: "NodePort",
    externalTrafficPolicy: "Local",
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
  });
  const { text } = rulesOf(
    [local],
    [
      slice(
        { ip: "10.244.1.2" },
        { ip: "10.244.0.5", nodeName: "controlplane", terminating: true },
        { ip: "10.244.1.9", terminating: true },
      ),
    ],
  );
  const svl = chains.local("shop/web:http", "tcp");
  const svc = chains.service("shop/web:http", "tcp");
  expect(text).toContain(`-A ${svl} -m comment --comment "shop/web:http -> 10.244.0.5:8080"`);
  expect(text).toContain(`-A ${svc} -m comment --comment "shop/web:http -> 10.244.1.2:8080"`);
  expect(text).toContain("-j DNAT --to-destination 10.244.0.5:8080");
  expect(text).not.toContain("has no local endpoints");
  expect(text).not.toContain("10.244.1.9");
});

test("what only stays on the node has chains for its own endpoints alone", () => {
  const local = service({ internalTrafficPolicy: "Local" });
  const ends = [{ ip: "10.244.1.2" }, { ip: "10.244.0.5", nodeName: "controlplane" }];
  const { text } = rulesOf([local], [slice(...ends)]);
  expect(text).toContain("-j DNAT --to-destination 10.244.0.5:8080");
  expect(text).not.toContain("10.244.1.2");
});

test("node ports answer on 127.0.0.1 unless the configuration says otherwise; who is outside may not reach it", () => {
  const nodePortsRule = /--dst-type LOCAL(.*) -j KUBE-NODEPORTS/;
  const ports = servicePorts([], []);
  const options = { nodeName: "a", podCidr: undefined, present: [], presentJumps: new Set<string>() };
  expect(nodePortsRule.exec(proxyRules(ports, options).text)?.[1]).toBe("");
  const without = proxyRules(ports, { ...options, localhostNodePorts: false }).text;
  expect(nodePortsRule.exec(without)?.[1]).toBe(" ! -d 127.0.0.0/8");
  expect(without).toContain("-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8");
  expect(without).toContain("-I INPUT 1 -j KUBE-FIREWALL");
});
