import type { LabFiles } from "@/lib/contract/lab";

/** A small lab of each kind of question that passes `validate` and its walk: where an author begins. */
export function scaffoldLab(id: string): LabFiles {
  const title = id
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
  return {
    "lab.yaml": manifest(id, title),
    "questions/node-count.md": nodeCount,
    "questions/service-kind.md": serviceKind,
    "questions/expose.md": expose,
    "setup/10-app.yaml": app,
    "checks.ts": checks,
    "solution.sh": solution,
    "mistakes/guessed.sh": guessed,
    "mistakes/other-port.sh": otherPort,
    "mistakes/other-selector.sh": otherSelector,
  };
}

const manifest = (id: string, title: string) => `id: ${id}
title: ${title}
domain: Cluster networking
summary: Say in one sentence what a student does here.
minutes: 20
passMark: 70

# What differs in every attempt; {{name}} puts a value into any text of the lab.
parameters:
  nodeNetwork: { subnet: { from: 172.16.0.0/12, prefix: 24 } }
  gateway: { host: { of: nodeNetwork, index: 1 } }
  controlplaneIp: { host: { of: nodeNetwork, index: { min: 10, max: 99 } } }
  workerIp: { host: { of: nodeNetwork, index: { min: 100, max: 199 } } }
  controlplaneMac: { mac: {} }
  workerMac: { mac: {} }
  app: { pick: [web, shop, portal, blog] }
  nodePort: { integer: { min: 30100, max: 32700 } }

network: { cidr: "{{nodeNetwork}}", gateway: "{{gateway}}" }
nodes:
  - { name: controlplane, role: control-plane, address: "{{controlplaneIp}}/24", mac: "{{controlplaneMac}}" }
  - { name: node01, role: worker, address: "{{workerIp}}/24", mac: "{{workerMac}}" }
cluster:
  podCidr: 10.244.0.0/16
  serviceCidr: 10.96.0.0/16
  addons: [{ name: bridge }, { name: kube-proxy }, { name: coredns }]

questions:
  - { id: node-count, title: How many nodes?, kind: text, answer: integer, file: node-count.md }
  - id: service-kind
    title: Which type of Service?
    kind: choice
    file: service-kind.md
    options: [NodePort, ClusterIP, ExternalName, Headless]
  - { id: expose, title: Expose the application, kind: task, points: 3, file: expose.md, node: controlplane }
`;

const nodeCount = `How many nodes does the cluster have, the control plane included?

# Hint

\`kubectl get nodes\`

# Explanation

\`\`\`
kubectl get nodes
\`\`\`
`;

const serviceKind = `Which type of Service answers at a port of every node?

# Hint

\`kubectl explain service.spec.type\`

# Explanation

A NodePort takes a port between 30000 and 32767 on all nodes.
`;

const expose = `Expose the Deployment \`{{app}}\` at port \`{{nodePort}}\` of every node, by a Service of the same name.

# Hint

\`kubectl expose deployment\` makes the Service; the node port is set afterwards.

# Explanation

\`\`\`
kubectl expose deployment {{app}} --port=80 --type=NodePort
kubectl edit service {{app}}
curl http://node01:{{nodePort}}
\`\`\`
`;

const app = `apiVersion: apps/v1
kind: Deployment
metadata: { name: "{{app}}", namespace: default }
spec:
  selector: { matchLabels: { app: "{{app}}" } }
  template:
    metadata: { labels: { app: "{{app}}" } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: "nginx:alpine" }]
`;

const checks = `import { check, defineChecks } from "examctl/checks";

export default defineChecks({
  "node-count": check(async (t) => {
    t.expectAnswer("integer", (await t.cluster.list("Node")).length);
  }),

  "service-kind": check((t) => {
    t.expectAnswer("string", "NodePort");
  }),

  expose: check(async (t) => {
    await t.mustGet("Service", { namespace: "default", name: t.parameter("app") });
    await t.eventually(
      async () => {
        const url = \`http://\${t.parameter("workerIp")}:\${t.parameter("nodePort")}/\`;
        t.expect("the application answers", (await t.node("controlplane").http(url)).status).toBe(200);
      },
      { withinMs: 4_000 },
    );
  }),
});
`;

const solution = `set -euo pipefail
echo "answer node-count $(kubectl get nodes --no-headers | wc -l)"
echo "answer service-kind NodePort"
kubectl rollout status deployment/{{app}} --timeout=60s
kubectl get service {{app}} >/dev/null 2>&1 || kubectl expose deployment {{app}} --port=80 --type=NodePort
kubectl patch service {{app}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/nodePort","value":{{nodePort}}}]'
`;

const guessed = `# fails: node-count, service-kind
echo "answer node-count 1"
echo "answer service-kind ClusterIP"
`;

const otherPort = `# fails: expose
# The port that Kubernetes chose.
kubectl delete service {{app}}
kubectl expose deployment {{app}} --port=80 --type=NodePort
`;

const otherSelector = `# fails: expose
kubectl set selector service {{app}} app=somebody-else
`;
