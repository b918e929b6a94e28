import type { LabFiles } from "@/lib/contract/lab";

/** A small lab that loads and compiles, with a question of each kind and a guard. */
export const sampleLab: LabFiles = {
  "lab.yaml": `id: sample
title: Sample
domain: Cluster architecture
summary: A lab for tests.
minutes: 30
passMark: 66
parameters:
  nodeNet: { subnet: { from: 172.16.0.0/12, prefix: 24 } }
  gateway: { host: { of: nodeNet, index: 1 } }
  controlIp: { host: { of: nodeNet, index: { min: 10, max: 99 }, withPrefix: true } }
  controlMac: { mac: {} }
  workerIp: { host: { of: nodeNet, index: { min: 100, max: 199 }, withPrefix: true } }
  workerMac: { mac: {} }
network: { cidr: "{{nodeNet}}", gateway: "{{gateway}}" }
nodes:
  - { name: controlplane, role: control-plane, address: "{{controlIp}}", mac: "{{controlMac}}" }
  - { name: node01, role: worker, address: "{{workerIp}}", mac: "{{workerMac}}" }
cluster: { podCidr: 10.244.0.0/16, serviceCidr: 10.96.0.0/12 }
questions:
  - { id: count, title: Nodes, kind: choice, options: [one, two, right], file: count.md, points: 1 }
  - { id: address, title: Address, kind: text, answer: string, file: address.md, points: 2 }
  - { id: repair, title: Repair, kind: task, file: repair.md, points: 1 }
guards: [untouched]
`,
  "questions/count.md":
    "How many nodes are there?\n\n# Hint\n\nCount them.\n\n# Explanation\n\nThere are two.\n",
  "questions/address.md":
    "What is the address?\n\n# Hint\n\nLook at eth0.\n\n# Explanation\n\nIt is {{controlIp}}.\n",
  "questions/repair.md": "Mend it.\n\n# Explanation\n\nDone.\n",
  "checks.ts": `import { defineChecks } from "examctl/checks";
export default defineChecks({
  count: async () => ({ passed: true }),
  address: async () => ({ passed: true }),
  repair: async () => ({ passed: true }),
  untouched: async () => ({ passed: true }),
} as never);
`,
};
