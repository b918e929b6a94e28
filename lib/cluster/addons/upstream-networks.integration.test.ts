import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { projectRoot } from "@/lib/core/paths";
import { eventually } from "@/lib/core/testing";
import { fetchFrom, nodesReady, startAddonLab, startPods, type AddonLab } from "./testing";

const folder = join(projectRoot, "..", "shared/upstream/addons");
const isHere = existsSync(folder);

interface UpstreamNetwork {
  manifest: string;
  daemonSet: string;
  /** Of a node, beside its own and the pods' veths. */
  devices: string[];
  veth: RegExp;
  conflist: string;
  /** What people grep for in the log of a pod of the DaemonSet. */
  line: string;
}

const flannel = {
  daemonSet: "kube-flannel-ds -n kube-flannel",
  devices: ["cni0", "flannel.1"],
  veth: /^veth[0-9a-f]+$/,
  conflist: "10-flannel.conflist",
  line: "Running backend.",
};
const weave = {
  daemonSet: "weave-net -n kube-system",
  devices: ["datapath", "vethwe-bridge", "vethwe-datapath", "vxlan-6784", "weave"],
  veth: /^vethwepl/,
  conflist: "10-weave.conflist",
  line: "connection fully established",
};
const calico = {
  daemonSet: "calico-node -n kube-system",
  devices: ["tunl0"],
  veth: /^cali[0-9a-f]{11}$/,
  conflist: "10-calico.conflist",
  line: "bird: Mesh_172_30_7_11: State changed to up",
};
const raw = "raw.githubusercontent.com";
const networks: UpstreamNetwork[] = [
  { manifest: `${raw}/flannel-io/flannel/v0.27.4/Documentation/kube-flannel.yml`, ...flannel },
  { manifest: `${raw}/flannel-io/flannel/v0.28.9/Documentation/kube-flannel.yml`, ...flannel },
  {
    manifest: "github.com/weaveworks/weave/releases/download/v2.8.1/weave-daemonset-k8s-1.11.yaml",
    ...weave,
  },
  { manifest: `${raw}/weaveworks/weave/v2.8.1/prog/weave-kube/weave-daemonset-k8s-1.11.yaml`, ...weave },
  { manifest: `${raw}/projectcalico/calico/v3.25.0/manifests/calico.yaml`, ...calico },
  { manifest: `${raw}/projectcalico/calico/v3.28.2/manifests/calico.yaml`, ...calico },
  { manifest: `${raw}/projectcalico/calico/v3.32.1/manifests/calico.yaml`, ...calico },
];

const reason = isHere ? "" : " (skipped: ../shared is not here)";

describe.skipIf(!isHere)(`upstream's manifests, unchanged, on a cluster without a network${reason}`, () => {
  let clusterd: TestClusterd;
  beforeAll(async () => {
    clusterd = await startTestClusterd();
  }, 400_000);
  afterAll(() => clusterd?.close(), 60_000);

  test.each(networks)(
    "$manifest",
    async (network) => {
      const labId = `upstream-${networks.indexOf(network)}`;
      const lab = await startAddonLab(clusterd, labId, [{ name: "kube-proxy" }]);
      try {
        await installAndRemove(lab, network);
      } finally {
        await clusterd.client.call("lab.stop", { labId });
      }
    },
    180_000,
  );
});

async function installAndRemove(lab: AddonLab, network: UpstreamNetwork): Promise<void> {
  const until = async (ask: () => Promise<string>, wanted: (seen: string) => boolean) => {
    const seen = await eventually(ask, wanted, 60_000);
    expect(wanted(seen), seen).toBe(true);
  };
  const links = async () => (await lab.run("ls /sys/class/net")).trim().split("\n");
  const bindTo = (name: string) =>
    lab.run(
      `kubectl run ${name} --image=nginx:alpine --overrides='{"spec":{"nodeName":"node01","terminationGracePeriodSeconds":0}}'`,
    );
  const withoutNetwork = async (pod: string) => {
    await until(
      () => nodesReady(lab),
      (seen) => seen === "False False ",
    );
    await bindTo(pod);
    await until(
      () => lab.run(`kubectl describe pod ${pod}`),
      (seen) => seen.includes("cni plugin not initialized"),
    );
  };

  await withoutNetwork("early");
  const manifest = await readFile(join(folder, network.manifest), "utf8");
  await lab.apply(manifest);
  await lab.run(`kubectl rollout status daemonset ${network.daemonSet} --timeout=50s`);
  await until(
    () => nodesReady(lab),
    (seen) => seen === "True True ",
  );
  await lab.run("kubectl wait --for=condition=Ready pod/early --timeout=50s");

  const { ips, clusterIp } = await startPods(lab);
  expect(new Set(ips).size).toBe(3);
  const reach = (from: string, address: string) =>
    until(
      () => fetchFrom(lab, from, address),
      (code) => code === "200",
    );
  await reach("b", ips[2]!);
  await reach("a", ips[1]!);
  await reach("b", ips[0]!);
  await reach("early", clusterIp);
  const isPods = (name: string) => network.veth.test(name) && !network.devices.includes(name);
  const seen = await links();
  expect(seen.filter((name) => !isPods(name))).toEqual([...network.devices, "eth0", "lo"].sort());
  expect(seen.some(isPods)).toBe(true);
  const [name = "", ...namespace] = network.daemonSet.split(" ");
  const agent = await lab.run(
    `kubectl get pods ${namespace.join(" ")} --field-selector spec.nodeName=controlplane -o name | grep ${name}`,
  );
  await until(
    () => lab.run(`kubectl logs ${namespace.join(" ")} ${agent.trim()}`),
    (log) => log.includes(network.line),
  );

  await lab.remove(manifest);
  await withoutNetwork("late");
  expect(await lab.run("ls /etc/cni/net.d")).not.toContain(network.conflist);
  expect(await links()).not.toContain(network.devices.at(-1));
}
