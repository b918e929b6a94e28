import { afterAll, beforeAll, expect, test } from "vitest";
import { nodesReady, startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { eventually } from "@/lib/core/testing";

let clusterd: TestClusterd;
let lab: AddonLab;
beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "operator", [{ name: "kube-proxy" }]);
}, 400_000);
afterAll(() => clusterd?.close(), 60_000);

const until = async (command: string, wanted: string) => {
  const seen = await eventually(
    () => lab.try(command),
    (text) => text.includes(wanted),
    90_000,
  );
  expect(seen).toContain(wanted);
};

test("Calico comes by its operator: definitions, then the Installation's pool, then nodes that are ready", async () => {
  const manifests = "https://raw.githubusercontent.com/projectcalico/calico/v3.31.3/manifests";
  await lab.run(`kubectl create -f ${manifests}/tigera-operator.yaml`);
  await lab.run("kubectl -n tigera-operator rollout status deployment tigera-operator --timeout=60s");
  await until("kubectl get crd installations.operator.tigera.io ippools.crd.projectcalico.org", "ippools");

  // The range of custom-resources.yaml is not that of this cluster.
  await lab.run(
    `curl -sSfO ${manifests}/custom-resources.yaml; sed -i 's|192.168.0.0/16|172.18.0.0/16|' custom-resources.yaml; kubectl create -f custom-resources.yaml`,
  );
  const degraded =
    "kubectl get tigerastatus calico -o jsonpath='{.status.conditions[?(@.status==\"True\")]}'";
  await until(degraded, "172.18.0.0/16 is not within the platform's configured pod network CIDR(s)");
  expect(await nodesReady(lab)).toBe("False False ");

  await lab.run(
    `kubectl patch installation default --type=merge -p '{"spec":{"calicoNetwork":{"ipPools":null}}}'`,
  );
  await until("kubectl get tigerastatus calico --no-headers", "calico   True");
  expect(await nodesReady(lab)).toBe("True True ");
  expect(await lab.run("kubectl -n calico-system get ds,deploy -o name")).toBe(
    "daemonset.apps/calico-node\ndeployment.apps/calico-kube-controllers\n",
  );
  const podCidr = await lab.run("kubectl get ippools -o jsonpath='{.items[*].spec.cidr}'");
  expect(await lab.run("kubectl -n kube-system get cm kubeadm-config -o yaml")).toContain(
    `podSubnet: ${podCidr}`,
  );
});
