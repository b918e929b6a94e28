import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { atGateway, startTestClusterd, type TestClusterd } from "./testing";

let clusterd: TestClusterd;
let lab: AddonLab;

const url = "https://raw.githubusercontent.com/metallb/metallb/v0.15.3/config/manifests/metallb-native.yaml";
const workerMac = "02:42:ac:1e:07:0b";

const pool = (name: string, addresses: string, more = "") => `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: ${name}, namespace: metallb-system }
spec: { addresses: ["${addresses}"]${more} }
`;
const advertisement = `
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: all, namespace: metallb-system }
`;
const service = (name: string, port = 80, annotations = "{}", more = "") => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, annotations: ${annotations} }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: ${port}, targetPort: 8080 }]${more} }
`;
const web = (node: string) => `
apiVersion: v1
kind: Pod
metadata: { name: web-${node}, labels: { app: web } }
spec:
  nodeName: ${node}
  terminationGracePeriodSeconds: 0
  containers:
    - { name: main, image: "registry.k8s.io/e2e-test-images/agnhost:2.53", args: [netexec, --http-port=8080] }
`;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "metallb", [{ name: "bridge" }, { name: "kube-proxy" }]);
  await lab.apply([web("node01"), web("controlplane"), service("web")].join("---"));
  await lab.run("kubectl wait --for=condition=Ready pod --all --timeout=60s");
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

/** What the first load balancer's address answers a client outside the cluster; empty: nothing. */
const getFromOutside = async (path: string) =>
  (await atGateway(clusterd, ["curl", "-s", "--max-time", "3", `http://172.30.7.240/${path}`])).trim();
const addressOf = (name: string) =>
  lab.run(`kubectl get service ${name} -o jsonpath='{.status.loadBalancer.ingress[0].ip}'`);
const hasAddress = (name: string, wanted: string) =>
  eventually(
    () => addressOf(name),
    (ip) => ip === wanted,
    20_000,
  );
const events = (name: string) =>
  lab.run(
    `kubectl get events --field-selector involvedObject.name=${name} -o jsonpath='{range .items[*]}{.reason}: {.message}{"\\n"}{end}'`,
  );
const said = (name: string, text: string) =>
  eventually(
    () => events(name),
    (all) => all.includes(text),
  );

async function isReady(): Promise<void> {
  await lab.run("kubectl -n metallb-system rollout status deployment controller --timeout=90s");
  await lab.run("kubectl -n metallb-system rollout status daemonset speaker --timeout=90s");
}

test("without MetalLB a load balancer has no address; with it and a pool, one node answers ARP for one", async () => {
  expect(await lab.run("kubectl get service web --no-headers")).toMatch(/LoadBalancer +\S+ +<pending>/);
  await lab.run(`kubectl apply -f ${url}`);
  await isReady();
  expect(await addressOf("web")).toBe("");
  await lab.apply(pool("first", "172.30.7.240-172.30.7.241"));
  expect(await hasAddress("web", "172.30.7.240")).toBe("172.30.7.240");
  expect(await said("web", "IPAllocated")).toContain('IPAllocated: Assigned IP ["172.30.7.240"]');
  const curl = () => getFromOutside("hostname");
  expect(await curl()).toBe("");
  await lab.apply(advertisement);
  expect(await eventually(curl, (text) => text !== "", 20_000)).toMatch(/^web-/);
  // kubeadm's control plane is left out of load balancers.
  expect(await atGateway(clusterd, ["ip", "neighbour", "show", "172.30.7.240"])).toContain(workerMac);
  expect(await said("web", "nodeAssigned")).toContain(
    'nodeAssigned: announcing from node "node01" with protocol "layer2"',
  );
  expect(await lab.run("kubectl -n metallb-system get servicel2statuses --no-headers")).toMatch(
    /l2-\S+ +node01 +web +default/,
  );
  expect(await lab.run("curl -s --max-time 3 http://172.30.7.240/hostname")).toMatch(/^web-/);
});

test("with the local policy the pod sees the client's own address", async () => {
  const seen = () => getFromOutside("clientip");
  expect(await seen()).not.toContain("172.30.7.1:");
  await lab.run(`kubectl patch service web -p '{"spec":{"externalTrafficPolicy":"Local"}}'`);
  expect(await eventually(seen, (text) => text.startsWith("172.30.7.1:"))).toMatch(/^172\.30\.7\.1:/);
  expect(await getFromOutside("hostname")).toBe("web-node01");
});

test("addresses by request, shared, from a pool by name, and when there are none", async () => {
  const share = "{ metallb.io/allow-shared-ip: together, metallb.io/loadBalancerIPs: 172.30.7.241 }";
  await lab.apply([service("one", 81, share), service("two", 82, share)].join("---"));
  expect(await hasAddress("two", "172.30.7.241")).toBe("172.30.7.241");
  expect(await addressOf("one")).toBe("172.30.7.241");
  await lab.apply(service("none", 83));
  expect(await said("none", "AllocationFailed")).toContain(
    'AllocationFailed: Failed to allocate IP for "default/none": no available IPs',
  );
  await lab.apply(service("wrong", 84, "{ metallb.io/address-pool: absent }"));
  expect(await said("wrong", "AllocationFailed")).toContain('unknown pool "absent"');
  await lab.apply(pool("second", "172.30.8.0/30", ", autoAssign: false, avoidBuggyIPs: true"));
  await lab.run("kubectl annotate service wrong --overwrite metallb.io/address-pool=second");
  expect(await hasAddress("wrong", "172.30.8.1")).toBe("172.30.8.1");
  expect(await addressOf("none")).toBe("");
  await lab.run("kubectl delete service one two");
  expect(await hasAddress("none", "172.30.7.241")).toBe("172.30.7.241");
});

test("the webhook refuses pools that cannot be, in upstream's words", async () => {
  const refused = (manifest: string) => lab.try(`kubectl apply -f - <<'EOF'\n${manifest}\nEOF`);
  expect(await refused(pool("third", "172.30.7.241/32"))).toContain(
    'admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: CIDR "172.30.7.241/32" in pool "third" overlaps with already defined CIDR "172.30.7.240/31"',
  );
  expect(await refused(pool("third", "172.30.9.9-172.30.9.1"))).toContain(
    'invalid IP range "172.30.9.9-172.30.9.1": start IP "172.30.9.9" is after the end IP "172.30.9.1"',
  );
});

const manifests = join(projectRoot, "..", "shared/upstream/addons/raw.githubusercontent.com/metallb/metallb");
const isHere = existsSync(manifests);
test.skipIf(!isHere)(
  `upstream's manifests, unchanged, become ready and carry traffic${isHere ? "" : " (skipped: ../shared is not here)"}`,
  async () => {
    const curl = () => getFromOutside("hostname");
    await lab.run(
      "kubectl delete --ignore-not-found namespace metallb-system --wait && kubectl delete --ignore-not-found validatingwebhookconfiguration metallb-webhook-configuration",
    );
    // A gateway knows for a while whom it has asked for.
    await atGateway(clusterd, ["ip", "neighbour", "flush", "to", "172.30.7.240"]);
    expect(await eventually(curl, (text) => text === "", 20_000)).toBe("");
    for (const version of ["v0.14.9", "v0.15.3", "v0.16.1"]) {
      const manifest = await readFile(
        join(manifests, version, "config/manifests/metallb-native.yaml"),
        "utf8",
      );
      await lab.apply(manifest);
      await isReady();
      await lab.apply([pool("first", "172.30.7.240/31"), advertisement].join("---"));
      expect(await eventually(curl, (text) => text !== "", 20_000), version).toBe("web-node01");
      await lab.remove(manifest);
    }
  },
  300_000,
);
