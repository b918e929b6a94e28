import { check, defineChecks, guard, type CheckContext } from "examctl/checks";

const plugin = { namespace: "kube-system", labelSelector: "name=weave-net" };

export default defineChecks({
  // What was to be seen before the network came is gone once it is there: these are facts of a cluster without one.
  "node-state": check((t) => {
    t.expectAnswer("string", "NotReady");
  }),
  "pod-state": check((t) => {
    t.expectAnswer("string", "ContainerCreating");
  }),
  reason: check((t) => {
    t.expectAnswer("string", "no network plugin is configured on the node");
  }),
  "config-files": check((t) => {
    t.expectAnswer("integer", 0);
  }),

  "old-url": check(async (t) => {
    const { status } = await t.node("controlplane").dns("cloud.weave.works");
    if (status !== "NXDOMAIN") throw new Error(`cloud.weave.works gives ${status}.`);
    t.expectAnswer("string", "the name of the host does not exist any more");
  }),

  deploy: check(async (t) => {
    const agents = await t.cluster.list("Pod", plugin);
    if (!t.require("Weave Net's pods are there", agents.length).toBeAtLeast(1)) return;
    await t.eventually(async () => {
      for (const { metadata, status } of await t.cluster.list("Node"))
        t.expect(`${metadata.name} is Ready`, conditionOf(status.conditions, "Ready")).toBe("True");
    });
    const config = await t.node("node01").file("/etc/cni/net.d/10-weave.conflist");
    t.expect("node01 has Weave's configuration", config).toExist();
    await t.eventually(async () => {
      const ready = (await appPods(t)).filter(
        ({ status }) => conditionOf(status.conditions, "Ready") === "True",
      );
      t.expect(`all pods of ${t.parameter("app")} are ready`, ready.length).toBe(
        Number(t.parameter("replicas")),
      );
    });
    const [first, ...others] = await appPods(t);
    const namespace = String(t.parameter("space"));
    for (const { status } of others) {
      const { status: code } = await t.pod(namespace, first!.metadata.name).http(`http://${status.podIP}/`);
      t.expect(`${first!.metadata.name} reaches ${status.podIP}`, code).toBe(200);
    }
  }),

  peers: check(async (t) => {
    const path = `/root/${t.parameter("peersFile")}`;
    const file = await t.node("controlplane").file(path);
    if (!t.require(`controlplane has the file ${path}`, file).toExist()) return;
    const names = (await t.cluster.list("Pod", plugin)).map(({ metadata }) => metadata.name);
    const written = file!.text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    t.expect("it names Weave Net's pods and nothing else", written.sort()).toBe(names.sort());
    t.expect("there is one for each node", names.length).toBe((await t.cluster.list("Node")).length);
  }),

  policies: check((t) => {
    t.expectAnswer("string", "enforce NetworkPolicies");
  }),

  "proxy-and-dns-stay": guard(async (t) => {
    const proxy = await t.cluster.get("DaemonSet", { namespace: "kube-system", name: "kube-proxy" });
    t.expect("kube-proxy is still there", proxy).toExist();
    const dns = await t.cluster.get("Deployment", { namespace: "kube-system", name: "coredns" });
    t.expect("CoreDNS is still there", dns).toExist();
  }),
});

const appPods = (t: CheckContext) =>
  t.cluster.list("Pod", {
    namespace: String(t.parameter("space")),
    labelSelector: `app=${t.parameter("app")}`,
  });

function conditionOf(
  conditions: { type: string; status: string }[] | undefined,
  type: string,
): string | undefined {
  return conditions?.find((one) => one.type === type)?.status;
}
