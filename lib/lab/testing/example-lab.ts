import { stringify } from "yaml";
import type { LabFiles } from "@/lib/contract/lab";

/** A small sound lab. `manifest` is merged over the top level of its lab.yaml; `files` over its files. */
export function exampleLab(
  manifest: Record<string, unknown> = {},
  files: Record<string, string | undefined> = {},
): LabFiles {
  const all: Record<string, string | undefined> = {
    "lab.yaml": stringify({ ...exampleManifest, ...manifest }),
    "checks.ts": `import { check, defineChecks } from "examctl/checks";
export default defineChecks({
  "pick-one": check((t) => { t.expectAnswer("string", "b"); }),
  "say-ip": check((t) => { t.expectAnswer("ip", "10.0.0.1"); }),
  "do-it": check((t) => { t.points(1); }),
});
`,
    "questions/pick-one.md":
      "Which one, {{name}}?\n\n# Hint\n\nThe second.\n\n# Explanation\n\nIt is {{address}}.\n",
    "questions/say-ip.md": "Which address?\n",
    "questions/do-it.md": "Do it.\n",
    "solution.sh": 'echo "answer pick-one b"\n',
    "mistakes/wrong.sh": "# fails: pick-one\necho 'answer pick-one a'\n",
    ...files,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export const exampleManifest = {
  id: "example",
  title: "Example",
  domain: "Testing",
  summary: "A small lab.",
  minutes: 10,
  passMark: 60,
  parameters: {
    net: { subnet: { from: "192.168.0.0/16", prefix: 24 } },
    address: { host: { of: "net", index: { min: 10, max: 20 }, withPrefix: true } },
    gateway: { host: { of: "net", index: 1 } },
    mac: { mac: { prefix: "02:42" } },
    name: { pick: ["anna", "ben"] },
    port: { integer: { min: 30000, max: 32767 } },
  },
  network: { cidr: "{{net}}", gateway: "{{gateway}}" },
  nodes: [{ name: "controlplane", role: "control-plane", address: "{{address}}", mac: "{{mac}}" }],
  cluster: { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" },
  questions: [
    {
      id: "pick-one",
      title: "One",
      kind: "choice",
      file: "pick-one.md",
      options: ["a", "b", "c", "d {{port}}"],
    },
    { id: "say-ip", title: "Say", kind: "text", file: "say-ip.md", answer: "ip" },
    { id: "do-it", title: "Do", kind: "task", file: "do-it.md", points: 3 },
  ],
};
