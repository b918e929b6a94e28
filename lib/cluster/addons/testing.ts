import { startReadyLab, twoNodes, type TestClusterd } from "@/lib/clusterd/testing";

/** A lab with some addons, and commands in its nodes; for integration tests of addons. */
export interface AddonLab {
  clusterd: TestClusterd;
  /** Runs with bash on a node; throws with what it wrote to stderr when it fails. */
  run(command: string, node?: string): Promise<string>;
  /** The same, with stdout and stderr together and no error. */
  try(command: string, node?: string): Promise<string>;
  /** Applies a manifest with the node's own kubectl. */
  apply(manifest: string): Promise<string>;
  remove(manifest: string): Promise<string>;
}

/** Names of addons, or their options by name. */
export async function startAddonLab(
  clusterd: TestClusterd,
  labId: string,
  addons: { name: string; options?: Record<string, unknown> }[],
): Promise<AddonLab> {
  const base = twoNodes();
  await startReadyLab(clusterd.client, labId, { ...base, cluster: { ...base.cluster, addons } });
  const exec = async (command: string, node = "controlplane", stdin = "") =>
    clusterd.client.call("lab.exec", {
      labId,
      node,
      argv: ["bash", "-c", command],
      stdin,
      timeoutMs: 120_000,
    });
  const run = async (command: string, node?: string, stdin?: string) => {
    const { exitCode, stdout, stderr } = await exec(command, node, stdin);
    if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
  };
  return {
    clusterd,
    run,
    try: async (command, node) => {
      const { stdout, stderr } = await exec(command, node);
      return stdout + stderr;
    },
    apply: (manifest) => run("kubectl apply -f -", undefined, manifest),
    remove: (manifest) => run("kubectl delete --ignore-not-found --timeout=50s -f -", undefined, manifest),
  };
}

export const nodesReady = (lab: AddonLab) =>
  lab.run(
    `kubectl get nodes -o jsonpath='{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}'`,
  );

/** Three pods of nginx, one on the control plane and two on the worker, and a NodePort Service before them. */
export async function startPods(
  lab: AddonLab,
): Promise<{ ips: string[]; clusterIp: string; nodePort: string }> {
  const pod = (name: string, node: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "web" } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "web", image: "nginx:alpine" }],
    },
  });
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
  };
  for (const object of [pod("a", "controlplane"), pod("b", "node01"), pod("c", "node01"), service])
    await lab.apply(JSON.stringify(object));
  await lab.run("kubectl wait --for=condition=Ready pod/a pod/b pod/c --timeout=90s");
  const json = async (path: string) => (await lab.run(`kubectl get ${path}`)).trim();
  return {
    ips: (await json("pods a b c -o jsonpath='{.items[*].status.podIP}'")).split(" "),
    clusterIp: await json("service web -o jsonpath='{.spec.clusterIP}'"),
    nodePort: await json("service web -o jsonpath='{.spec.ports[0].nodePort}'"),
  };
}

/** "200" when the address serves nginx's page; "000" when nobody answers. */
export const fetchFrom = (lab: AddonLab, pod: string, address: string) =>
  lab.try(`kubectl exec ${pod} -- curl -s -m 3 -o /dev/null -w '%{http_code}' http://${address}/`);
