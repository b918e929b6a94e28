import { check, defineChecks, type CheckContext, type Pod } from "examctl/checks";

const system = "kube-system";

export default defineChecks({
  "not-ready": check((t) => {
    t.expectAnswer("set", ["node01", "node02"], { source: "kubectl get nodes, at the start" });
  }),

  "kubelet-reason": check((t) => {
    t.expectAnswer("string", "a file that its configuration names does not exist", {
      source: "node01# journalctl -u kubelet",
    });
  }),

  kubelet: check(async (t) => {
    const node = t.node("node01");
    const state = async (word: string) => (await node.exec(["systemctl", word, "kubelet"])).stdout.trim();
    t.expect("the kubelet runs", await state("is-active")).toBe("active");
    t.expect("it is started with the node", await state("is-enabled")).toBe("enabled");
    await t.eventually(async () => {
      const { status, spec } = await t.mustGet("Node", { name: "node01" });
      const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
      t.expect("node01 is ready", ready).toBe("True");
      t.expect("pods may be placed there", spec.unschedulable ?? false).toBe(false);
    });
  }),

  "cni-reason": check((t) => {
    t.expectAnswer("string", "the runtime has found no configuration of a network", {
      source: "kubectl describe node node02, at the start",
    });
  }),

  cni: check(async (t) => {
    const [first] = (await t.node("node02").sh("ls /etc/cni/net.d/*.conf*")).stdout.split("\n");
    t.expect("the runtime of node02 takes the network of the cluster", first).toBe(
      "/etc/cni/net.d/10-calico.conflist",
    );
    await t.eventually(async () => {
      const [pod] = await podsOf(t, t.parameter("space"), `app=${t.parameter("probe")}`);
      t.require(`${t.parameter("probe")} is ready on node02`, pod).toExist();
      t.expect("it is on node02", pod!.spec.nodeName).toBe("node02");
      const { stdout } = await t.pod(t.parameter("space"), pod!.metadata.name).exec(["ip", "route"]);
      t.expect("it has a default route", stdout).toMatch(/^default via /m);
    });
  }),

  "proxy-reason": check((t) => {
    t.expectAnswer("string", "it is told a configuration file that is not there", {
      source: "kubectl logs -n kube-system -l k8s-app=kube-proxy, at the start",
    });
  }),

  proxy: check(async (t) => {
    const nodes = (await t.cluster.list("Node")).map(({ metadata }) => metadata.name).sort();
    await t.eventually(async () => {
      const ready = await podsOf(t, system, "k8s-app=kube-proxy");
      t.expect("kube-proxy runs on every node", ready.map(({ spec }) => spec.nodeName ?? "").sort()).toBe(
        nodes,
      );
    });
    const { stdout } = await t.node("controlplane").exec(["iptables-save", "-t", "nat"]);
    t.expect("it has written rules for the Services", stdout).toContain(
      `${t.parameter("space")}/${t.parameter("cart")}`,
    );
  }),

  "dns-reason": check((t) => {
    t.expectAnswer("string", "it does not understand its configuration", {
      source: "kubectl logs -n kube-system -l k8s-app=kube-dns, at the start",
    });
  }),

  // Asked of the pods themselves: the way by the Service is another fault's.
  dns: check(async (t) => {
    await t.eventually(async () => {
      const servers = await podsOf(t, system, "k8s-app=kube-dns");
      if (!t.expect("a name server is ready", servers.length).toBeAtLeast(1)) return;
      const name = `${t.parameter("shop")}.${t.parameter("space")}.svc.cluster.local`;
      for (const { status } of servers) {
        const found = await t.node("controlplane").dns(name, { server: status.podIP!, timeoutMs: 2000 });
        t.expect(`it knows ${name}`, found.status).toBe("NOERROR");
      }
    });
  }),

  "no-endpoints": check((t) => {
    t.expectAnswer("string", t.parameter("shop"), {
      source: `kubectl get endpointslices -n ${t.parameter("space")}, at the start`,
    });
  }),

  "policy-reason": check((t) => {
    t.expectAnswer("string", `app=${t.parameter("wrongLabel")}`, {
      source: `kubectl describe networkpolicy -n ${t.parameter("space")}, at the start`,
    });
  }),

  policy: check(async (t) => {
    const namespace = t.parameter("space");
    await t.mustGet("NetworkPolicy", { namespace, name: t.parameter("policy") });
    const podOf = async (app: string) => {
      const [pod] = await podsOf(t, namespace, `app=${t.parameter(app)}`);
      t.require(`a pod of ${t.parameter(app)} is ready`, pod).toExist();
      return { namespace, name: pod!.metadata.name };
    };
    const pods = { cart: await podOf("cart"), stock: await podOf("stock"), shop: await podOf("shop") };
    await t.expectConnectivity(pods, { cart: { stock: true }, shop: { stock: false } });
  }),

  selector: check((t) => expectService(t, t.parameter("shop"))),
  "target-port": check((t) => expectService(t, t.parameter("cart"))),
});

async function podsOf(t: CheckContext, namespace: string, labelSelector: string): Promise<Pod[]> {
  const pods = await t.cluster.list("Pod", { namespace, labelSelector });
  return pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
}

/** The Service sends port 80 to the pods of its name, and they answer where it sends to. */
async function expectService(t: CheckContext, name: string): Promise<void> {
  const namespace = t.parameter("space");
  const { spec } = await t.mustGet("Service", { namespace, name });
  t.expect(
    "it is reached at port 80",
    spec.ports?.map(({ port }) => port),
  ).toBe([80]);
  await t.eventually(
    async () => {
      const pods = await t.cluster.list("Pod", { namespace, labelSelector: `app=${name}` });
      const [slice] = await t.cluster.list("EndpointSlice", {
        namespace,
        labelSelector: `kubernetes.io/service-name=${name}`,
      });
      const addresses = slice?.endpoints?.flatMap((endpoint) => endpoint.addresses) ?? [];
      t.require(`its endpoints are the pods of ${name}`, addresses.sort()).toBe(
        pods.map(({ status }) => status.podIP ?? "").sort(),
      );
      const port = slice?.ports?.[0]?.port ?? 0;
      const { status } = await t
        .node("controlplane")
        .http(`http://${addresses[0]}:${port}/`, { timeoutMs: 2000 });
      t.expect(`they answer at port ${port}`, status).toBe(200);
    },
    { withinMs: 4_000 },
  );
}
