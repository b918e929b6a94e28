import { check, defineChecks, type CheckContext } from "examctl/checks";

const nodes = ["controlplane", "node01"];

export default defineChecks({
  "node-range": check(async (t) => {
    const { status } = await t.mustGet("Node", { name: "controlplane" });
    const ip = status.addresses?.find(({ type }) => type === "InternalIP")?.address;
    const route = (await t.node("controlplane").routes()).find(({ prefsrc }) => prefsrc === ip);
    if (!route) throw new Error(`controlplane has no route of its own network (${ip}).`);
    t.expectAnswer("cidr", route.dst);
  }),

  "pod-range": check(async (t) => {
    t.expectAnswer("cidr", await flagOf(t, "kube-controller-manager", "cluster-cidr"));
  }),

  "service-range": check(async (t) => {
    t.expectAnswer("cidr", await flagOf(t, "kube-apiserver", "service-cluster-ip-range"));
  }),

  "proxy-count": check(async (t) => {
    const pods = await t.cluster.list("Pod", {
      namespace: "kube-system",
      labelSelector: "k8s-app=kube-proxy",
    });
    t.expectAnswer("integer", pods.length);
  }),

  "proxy-mode": check(async (t) => {
    const pod = await proxyOf(t, "controlplane");
    const mode = /Using (\w+) proxier/i.exec(await t.logs(pod))?.[1];
    if (!mode) return t.fail("kube-proxy has not logged its mode.");
    t.expectAnswer("string", mode.toLowerCase());
  }),

  "proxy-log": check(async (t) => {
    await t.eventually(async () => {
      const file = await t.node("controlplane").file("/var/log/kube-proxy.log");
      t.expect("the file is there", file?.text).toContain("proxier");
    });
    t.expectAnswer("string", "/var/log/kube-proxy.log");
  }),

  "proxy-everywhere": check(async (t) => {
    const [pod] = await t.cluster.list("Pod", {
      namespace: "kube-system",
      labelSelector: "k8s-app=kube-proxy",
    });
    const owner = pod?.metadata.ownerReferences?.[0]?.kind;
    if (owner !== "DaemonSet") throw new Error(`kube-proxy's pods belong to ${owner}.`);
    t.expectAnswer("string", "a DaemonSet");
  }),

  "service-chain": check(async (t) => {
    const name = t.parameter("app");
    const { spec } = await t.mustGet("Service", { namespace: t.parameter("space"), name });
    let chain = "";
    // There is none before the first pod of the service is ready.
    await t.eventually(async () => {
      const rules = await t.node("controlplane").iptables("nat");
      const jump = rules.find(
        (rule) => rule.chain === "KUBE-SERVICES" && rule.text.includes(` ${spec.clusterIP}/32 `),
      );
      chain = jump?.target ?? "";
      t.require(`a rule sends what is for ${name} to a chain of its own`, chain !== "").toBe(true);
    });
    t.expectAnswer("string", chain);
  }),

  "service-rules": check(async (t) => {
    const path = `/root/${t.parameter("rulesFile")}`;
    const file = await t.node("controlplane").file(path);
    if (!t.require(`controlplane has the file ${path}`, file).toExist()) return;
    const name = `${t.parameter("space")}/${t.parameter("app")}`;
    const rules = (await t.node("controlplane").iptables("nat"))
      .map(({ text }) => text)
      .filter((rule) => new RegExp(`"${name}[": ]`).test(rule));
    const saved = file!.text.split("\n").filter((line) => line !== "");
    const source = `iptables-save -t nat | grep '${name}'`;
    t.expect("it has every rule of the service", saved, { source }).toContainAll(rules);
    t.expect("it has rules of no other service", saved.length, { source }).toBe(rules.length);
  }),

  "node-port": check(async (t) => {
    const namespace = t.parameter("space");
    const name = t.parameter("newService");
    const port = Number(t.parameter("nodePort"));
    const { spec } = await t.mustGet("Service", { namespace, name });
    t.require(`${name} is of type NodePort`, spec.type).toBe("NodePort");
    t.expect(
      `${name} has port 80`,
      spec.ports?.map((one) => one.port),
    ).toContain(80);
    t.expect(
      `${name} has the node port that was asked for`,
      spec.ports?.map((one) => one.nodePort),
    ).toContain(port);
    const pods = await t.cluster.list("Pod", { namespace, labelSelector: `app=${t.parameter("app")}` });
    const endpoints = (await t.endpoints({ namespace, name })).map(({ address }) => address);
    t.expect(`its endpoints are the pods of ${t.parameter("app")}`, endpoints.sort()).toBe(
      pods.map(({ status }) => status.podIP).sort(),
    );
    for (const node of nodes) {
      const { status } = await t.mustGet("Node", { name: node });
      const ip = status.addresses?.find(({ type }) => type === "InternalIP")?.address;
      const { status: code } = await t.node("node01").http(`http://${ip}:${port}/`);
      t.expect(`port ${port} of ${node} answers`, code).toBe(200);
    }
    const old = await t.mustGet("Service", { namespace, name: t.parameter("app") });
    t.expect(`${t.parameter("app")} is still a ClusterIP service`, old.spec.type).toBe("ClusterIP");
  }),
});

async function proxyOf(t: CheckContext, node: string) {
  const filter = { namespace: "kube-system", labelSelector: "k8s-app=kube-proxy" };
  const pod = (await t.cluster.list("Pod", filter)).find(({ spec }) => spec.nodeName === node);
  if (!pod) return t.fail(`kube-proxy does not run on ${node}.`);
  return { namespace: "kube-system", name: pod.metadata.name };
}

/** A flag of a component of the control plane, from its pod. */
async function flagOf(t: CheckContext, component: string, flag: string): Promise<string> {
  const pod = await t.mustGet("Pod", { namespace: "kube-system", name: `${component}-controlplane` });
  const argument = pod.spec.containers[0]?.command?.find((part) => part.startsWith(`--${flag}=`));
  if (!argument) throw new Error(`${component} was started without --${flag}.`);
  return argument.split("=")[1]!;
}
