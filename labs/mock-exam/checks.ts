import { check, conditionOf, defineChecks, type CheckContext, type KubeObject } from "examctl/checks";

const gatewayApi = { group: "gateway.networking.k8s.io", version: "v1" };
const gateways = { ...gatewayApi, plural: "gateways" };
const routes = { ...gatewayApi, plural: "httproutes" };
/** How long a check waits for what a student has just done: short, because most of it is there already. */
const soon = { withinMs: 4000 };

export default defineChecks({
  expose: check(async (t) => {
    const service = { namespace: t.parameter("shop"), name: t.parameter("catalogService") };
    const { spec } = await t.mustGet("Service", service);
    t.expect("it is reached within the cluster only", spec.type).toBe("ClusterIP");
    const ports = spec.ports?.map(({ port }) => port);
    t.expect("it has port 80", ports, { weight: 1 }).toBe([80]);
    await expectPods(t, service, t.parameter("catalog"), 1);
    await t.eventually(async () => {
      const { status } = await t.node("web-control").http(`http://${spec.clusterIP}/`, { timeoutMs: 2000 });
      t.expect("it answers", status, { weight: 2 }).toBe(200);
    }, soon);
  }),

  "node-port": check(async (t) => {
    const service = { namespace: t.parameter("shop"), name: t.parameter("frontService") };
    const { spec } = await t.mustGet("Service", service);
    t.expect("it is of type NodePort", spec.type).toBe("NodePort");
    await expectPods(t, service, t.parameter("front"), 1);
    const [port] = spec.ports ?? [];
    t.expect("it has the port of the nodes that was asked for", port?.nodePort, { weight: 2 }).toBe(
      Number(t.parameter("nodePort")),
    );
    await t.eventually(async () => {
      for (const node of ["webControlIp", "webNodeIp"]) {
        const url = `http://${t.parameter(node)}:${port?.nodePort}/`;
        const { status } = await t.node("base").http(url, { timeoutMs: 2000 });
        t.expect(`${url} answers`, status, { weight: 1 }).toBe(200);
      }
    }, soon);
  }),

  selector: check(async (t) => {
    const service = { namespace: t.parameter("shop"), name: t.parameter("cart") };
    const { spec } = await t.mustGet("Service", service);
    const pods = await t.cluster.list("Pod", {
      namespace: service.namespace,
      labelSelector: `app=${service.name}`,
    });
    t.expect("the pods have the labels that they had", pods.length).toBe(1);
    await expectPods(t, service, service.name, 1);
    await t.eventually(async () => {
      const { status } = await t.node("web-control").http(`http://${spec.clusterIP}/`, { timeoutMs: 2000 });
      t.expect("the Service answers at port 80", status, { weight: 1 }).toBe(200);
    }, soon);
  }),

  policy: check(async (t) => {
    const namespace = t.parameter("vault");
    await t.mustGet("NetworkPolicy", { namespace, name: t.parameter("policy") });
    const pods = {
      database: { namespace, name: t.parameter("database") },
      client: { namespace, name: t.parameter("client") },
      visitor: { namespace, name: t.parameter("visitor") },
      prober: { namespace: t.parameter("monitor"), name: t.parameter("prober") },
    };
    // That it lets in whom it should, and touches nobody else, is so without any policy.
    await t.expectConnectivity(pods, { client: { database: true }, database: { client: true } });
    await t.expectConnectivity(pods, { visitor: { database: false } }, { weight: 5 });
    await t.expectConnectivity(pods, { prober: { database: false } }, { weight: 3 });
  }),

  blocked: check(async (t) => {
    const namespace = t.parameter("guarded");
    const { spec } = await t.mustGet("NetworkPolicy", { namespace, name: "default-deny" });
    t.expect("default-deny is as it was", spec).toBe({ podSelector: {}, policyTypes: ["Ingress"] });
    const pods = {
      api: { namespace, name: t.parameter("api") },
      prober: { namespace: t.parameter("monitor"), name: t.parameter("prober") },
      stranger: { namespace: t.parameter("vault"), name: t.parameter("client") },
    };
    await t.expectConnectivity(pods, { stranger: { api: false }, prober: { api: true } });
  }),

  ingress: check(async (t) => {
    const { spec } = await t.mustGet("Ingress", {
      namespace: t.parameter("shop"),
      name: t.parameter("ingress"),
    });
    t.expect("it is of the class nginx", spec.ingressClassName, { weight: 2 }).toBe("nginx");
    const visit = (host: string, path: string) =>
      t.node("base").http(`http://${host}/${path}`, { connectTo: `${t.parameter("webNodeIp")}:30080` });
    await t.eventually(async () => {
      const answer = await visit(t.parameter("host"), `${t.parameter("path")}/1`);
      t.expect("the path is answered by video", answer.body.trim(), { weight: 5 }).toBe("This is video.");
      const other = await visit("other.example", t.parameter("path"));
      t.expect("other hosts are not served", other.status).toBe(404);
    }, soon);
  }),

  gateway: check(async (t) => {
    const namespace = t.parameter("shop");
    const found = await t.cluster.get(gateways, { namespace, name: t.parameter("gatewayName") });
    const gateway = found as Gateway | undefined;
    t.require(`${namespace} has the Gateway ${t.parameter("gatewayName")}`, gateway).toExist();
    const [listener] = gateway!.spec.listeners;
    t.expect("it is of the class nginx", gateway!.spec.gatewayClassName).toBe("nginx");
    t.expect("it listens for HTTP at port 80", [listener?.protocol, listener?.port], { weight: 1 }).toBe([
      "HTTP",
      80,
    ]);
    const from = listener?.allowedRoutes?.namespaces?.from ?? "Same";
    t.expect("routes of its own namespace may attach", from, { weight: 1 }).toBe("Same");
    await t.eventually(async () => {
      const now = await t.cluster.get(gateways, { namespace, name: t.parameter("gatewayName") });
      t.expect("the controller has programmed it", now && conditionOf(now, "Programmed"), { weight: 1 }).toBe(
        "True",
      );
    }, soon);
    const route = await t.cluster.get(routes, { namespace, name: t.parameter("route") });
    if (!t.expect(`there is the HTTPRoute ${t.parameter("route")}`, route, { weight: 1 }).toExist()) return;
    const visit = async (headers: Record<string, string>) => {
      const url = `http://${t.parameter("webNodeIp")}:30081/`;
      const [answer] = await t
        .node("base")
        .traffic(url, { requests: 1, headers: { Host: t.parameter("musicHost"), ...headers } });
      return answer?.body.trim();
    };
    await t.eventually(async () => {
      const beta = await visit({ version: "beta" });
      t.expect("with the header music answers", beta, { weight: 3 }).toBe("This is music.");
      t.expect("without it video does", await visit({}), { weight: 2 }).toBe("This is video.");
    }, soon);
  }),

  headless: check(async (t) => {
    const namespace = t.parameter("shop");
    const name = t.parameter("headless");
    const { spec } = await t.mustGet("Service", { namespace, name });
    t.expect("it has no address of its own", spec.clusterIP).toBe("None");
    const pod = await t.mustGet("Pod", { namespace, name: `${t.parameter("stateful")}-0` });
    const [dns] = await t.cluster.list("Service", {
      namespace: "kube-system",
      labelSelector: "k8s-app=kube-dns",
    });
    const full = `${pod.metadata.name}.${name}.${namespace}.svc.cluster.local`;
    await t.eventually(async () => {
      const answer = await t.node("web-control").dns(full, { server: dns?.spec.clusterIP ?? "" });
      t.expect(
        `${full} is the pod's address`,
        answer.answers.map(({ data }) => data),
        { weight: 3 },
      ).toBe([pod.status.podIP]);
      const srv = await t
        .node("web-control")
        .dns(`${name}.${namespace}.svc.cluster.local`, { type: "SRV", server: dns?.spec.clusterIP ?? "" });
      t.expect("its SRV records name the port 80", srv.answers[0]?.data.split(" ")[2], { weight: 1 }).toBe(
        "80",
      );
    }, soon);
  }),

  lookup: check(async (t) => {
    const path = `/root/${t.parameter("lookupFile")}`;
    const file = await t.node("base").file(path);
    t.require(`base has the file ${path}`, file).toExist();
    const { spec } = await t.mustGet("Service", { namespace: t.parameter("shop"), name: "video-service" });
    const dns = await t.mustGet("Service", { namespace: "kube-system", name: "kube-dns" });
    const server = new RegExp(`^Address 1: ${dns.spec.clusterIP!.replaceAll(".", "\\.")}( |$)`, "m");
    t.expect("the cluster's name server was asked, by a pod", file!.text, { weight: 1 }).toMatch(server);
    t.expect("it has the address of video-service", file!.text, { weight: 3 }).toContain(
      `Address 1: ${spec.clusterIP} video-service.${t.parameter("shop")}.svc.cluster.local`,
    );
  }),

  kubelet: check(async (t) => {
    const node = t.node("ops-node01");
    const state = async (word: string) => (await node.exec(["systemctl", word, "kubelet"])).stdout.trim();
    t.require("the kubelet runs", await state("is-active")).toBe("active");
    t.expect("it is started with the node", await state("is-enabled"), { weight: 2 }).toBe("enabled");
    await t.eventually(async () => {
      const found = await t.inCluster("k8s-ops").mustGet("Node", { name: "ops-node01" });
      t.expect("ops-node01 is ready", conditionOf(found, "Ready")).toBe("True");
      t.expect("pods may be placed there", found.spec.unschedulable ?? false, { weight: 6 }).toBe(false);
    }, soon);
  }),

  dns: check(async (t) => {
    const ops = t.inCluster("k8s-ops");
    await ops.expectRollout("Deployment", { namespace: "kube-system", name: "coredns" }, soon);
    const servers = await ops.endpoints({ namespace: "kube-system", name: "kube-dns" });
    const addresses = [...new Set(servers.filter(({ ready }) => ready).map(({ address }) => address))];
    t.require("a name server is ready", addresses.length).toBeAtLeast(1);
    const name = "kubernetes.default.svc.cluster.local";
    for (const server of addresses) {
      const { status } = await t.node("ops-control").dns(name, { server, timeoutMs: 2000 });
      t.expect(`${server} knows ${name}`, status, { weight: 5 }).toBe("NOERROR");
    }
    t.expect("there are two of them, as before", addresses.length, { weight: 2 }).toBe(2);
  }),

  proxy: check(async (t) => {
    const ops = t.inCluster("k8s-ops");
    const daemonSet = { namespace: "kube-system", name: "kube-proxy" };
    const { spec } = await ops.mustGet("DaemonSet", daemonSet);
    t.require("it is told its own configuration", spec.template.spec.containers[0]?.command).toContain(
      "--config=/var/lib/kube-proxy/config.conf",
    );
    await t.eventually(async () => {
      const { status } = await ops.mustGet("DaemonSet", daemonSet);
      t.expect("it runs on both nodes", status?.numberReady, { weight: 4 }).toBe(2);
    }, soon);
    const rules = await t.node("ops-control").iptables("nat");
    t.expect(
      "ops-control has rules for Services",
      rules.some(({ comment }) => comment?.startsWith("default/kubernetes")),
      { weight: 3 },
    ).toBe(true);
  }),

  ranges: check(async (t) => {
    const lines = await linesOf(t, "ops-control", "rangesFile");
    const value = (key: string) =>
      lines
        .find((line) => line.startsWith(`${key}=`))
        ?.slice(key.length + 1)
        .trim();
    const flag = async (component: string, name: string) => {
      const ref = { namespace: "kube-system", name: `${component}-ops-control` };
      const { spec } = await t.inCluster("k8s-ops").mustGet("Pod", ref);
      return spec.containers[0]?.command?.find((part) => part.startsWith(`--${name}=`))?.split("=")[1] ?? "";
    };
    const pods = await flag("kube-controller-manager", "cluster-cidr");
    t.expect("the range of the pods", value("pods"), { weight: 2 }).toBeThe("cidr", pods);
    const services = await flag("kube-apiserver", "service-cluster-ip-range");
    t.expect("the range of the Services", value("services"), { weight: 2 }).toBeThe("cidr", services);
    const [file = ""] = (await t.node("ops-control").output(["ls", "/etc/cni/net.d"])).split("\n");
    t.expect("the file of the network", value("cni"), { weight: 1 }).toBe(file);
  }),

  rules: check(async (t) => {
    const saved = await linesOf(t, "web-node01", "rulesFile");
    const name = `${t.parameter("shop")}/video-service`;
    const rules = (await t.node("web-node01").iptables("nat"))
      .map(({ text }) => text)
      .filter((text) => new RegExp(`"${name}[": ]`).test(text));
    const source = `web-node01# iptables-save -t nat | grep ${name}`;
    t.expect("it has every rule of the Service", saved, { source, weight: 3 }).toContainAll(rules);
    t.expect("it has nothing else", saved.length, { source, weight: 1 }).toBe(rules.length);
  }),

  certificate: check(async (t) => {
    const [day = "", ...addresses] = await linesOf(t, "ops-control", "expiryFile");
    const shown = await t.node("ops-control").certificate({ file: "/etc/kubernetes/pki/apiserver.crt" });
    if (!shown) return t.fail("The certificate of the API server cannot be read.");
    t.expect("the day", day, { weight: 2 }).toBe(shown.notAfter.toISOString().slice(0, 10));
    const right = shown.names.filter((name) => /^[\d.]+$/.test(name)).sort();
    t.expect("the addresses", addresses.sort(), { weight: 2 }).toBe(right);
  }),

  release: check(async (t) => {
    const [namespace, name] = [t.parameter("releaseSpace"), t.parameter("release")];
    const control = t.node("web-control");
    const release = (await control.helmReleases()).find(
      (one) => one.namespace === namespace && one.name === name,
    );
    t.require(`helm has the release ${name}`, release?.status).toBe("deployed");
    const values = await control.helmValues(namespace, name);
    t.expect("what was set before is set", values?.message).toBe("good-morning");
    t.expect("it was upgraded", release!.revision).toBeAtLeast(2);
    const { spec } = await t.mustGet("Service", { namespace, name });
    t.expect("its Service listens at the new port", spec.ports?.[0]?.port, { weight: 3 }).toBe(
      Number(t.parameter("releasePort")),
    );
    const { spec: deployment } = await t.mustGet("Deployment", { namespace, name });
    t.expect("it has 2 replicas", deployment.replicas, { weight: 3 }).toBe(2);
  }),

  logs: check(async (t) => {
    const [pod, host] = await linesOf(t, "base", "logFile");
    const ops = t.inCluster("k8s-ops");
    const namespace = t.parameter("jobs");
    for (const { metadata } of await ops.cluster.list("Pod", { namespace, labelSelector: "app=worker" })) {
      const text = await ops.logs({ namespace, name: metadata.name });
      const lost = /cannot reach ([^:\s]+)/.exec(text)?.[1];
      if (lost === undefined) continue;
      t.expect("the pod", pod, { weight: 3 }).toBe(metadata.name);
      t.expect("the host", host, { weight: 2 }).toBe(lost);
      return;
    }
    t.fail("No pod complains any more.");
  }),
});

interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners: {
      protocol: string;
      port: number;
      allowedRoutes?: { namespaces?: { from?: string } };
    }[];
  };
}

/** Behind the Service are the pods with the label `app=NAME`, and no others. */
async function expectPods(
  t: CheckContext,
  service: { namespace: string; name: string },
  app: string,
  weight: number,
): Promise<void> {
  await t.eventually(async () => {
    const { namespace } = service;
    const pods = await t.cluster.list("Pod", { namespace, labelSelector: `app=${app}` });
    const behind = (await t.endpoints(service)).map(({ address }) => address);
    const wanted = pods.map(({ status }) => status.podIP).sort();
    t.expect(`behind it are the pods of ${app}`, behind.sort(), { weight }).toBe(wanted);
  }, soon);
}

/** Lines with something in them, of a file in /root whose name is a parameter. */
async function linesOf(t: CheckContext, node: string, parameter: string): Promise<string[]> {
  const path = `/root/${t.parameter(parameter)}`;
  const file = await t.node(node).file(path);
  t.require(`${node} has the file ${path}`, file).toExist();
  return file!.text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
