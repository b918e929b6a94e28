import { describe, expect, it } from "vitest";
import type { AppError } from "@/lib/core/app-error";
import { formatProblem } from "./lab";
import { inspectLab, loadLab } from "./load-lab";
import { exampleLab, exampleManifest } from "./testing/example-lab";

const problemsOf = (...args: Parameters<typeof exampleLab>) =>
  inspectLab(exampleLab(...args)).problems.map(formatProblem);
const withParameters = (parameters: Record<string, unknown>) => ({
  parameters: { ...exampleManifest.parameters, ...parameters },
});
const otherCluster = { name: "ops", podCidr: "10.128.0.0/16", serviceCidr: "10.129.0.0/16" };
const withQuestions = (...questions: Record<string, unknown>[]) => ({
  questions: exampleManifest.questions.map((question, index) => ({ ...question, ...questions[index] })),
});

describe("a sound lab", () => {
  it("is read with its texts, setup, solution and mistakes", () => {
    const lab = loadLab(
      exampleLab(
        {},
        {
          "setup/20-b.sh": "#!/bin/bash\n# node: controlplane\ntrue\n",
          "setup/10-a.yaml": "kind: Namespace\n",
        },
      ),
    );
    expect(lab.manifest.id).toBe("example");
    expect(lab.texts["pick-one"]).toEqual({
      body: "Which one, {{name}}?",
      hint: "The second.",
      explanation: "It is {{address}}.",
    });
    expect(lab.setup.map(({ name, kind, node }) => [name, kind, node])).toEqual([
      ["10-a.yaml", "manifest", undefined],
      ["20-b.sh", "script", "controlplane"],
    ]);
    expect(lab.mistakes).toMatchObject([{ file: "mistakes/wrong.sh", fails: ["pick-one"] }]);
  });
});

describe("problems say file, line, path, what and how to mend it", () => {
  it("all at once", () => {
    const files = exampleLab({
      title: "",
      minutes: "ten",
      colour: "red",
      nodes: [{ name: "a", role: "boss" }],
    });
    try {
      loadLab(files);
      expect.unreachable();
    } catch (error) {
      expect((error as AppError).code).toBe("invalid");
      const paths = ((error as AppError).details.problems as { path: string }[]).map(({ path }) => path);
      expect(paths).toEqual(
        expect.arrayContaining(["title", "minutes", "nodes[0].role", "nodes[0].address", "nodes[0].mac", ""]),
      );
      expect((error as Error).message).toContain("a key that no lab has: colour.");
    }
  });

  it("for YAML that is none, with the line", () => {
    const [first] = problemsOf({}, { "lab.yaml": "id: a\ntitle: [\n" });
    expect(first).toMatch(/^lab\.yaml:\d+: is not valid YAML/);
    expect(problemsOf({}, { "lab.yaml": "id: a\nid: b\n" })[0]).toMatch(/lab\.yaml:2: .*unique/);
    expect(problemsOf({}, { "lab.yaml": undefined })).toEqual([
      "lab.yaml: is missing. Add it: docs/authoring.md shows one.",
    ]);
  });

  it("for a parameter of no known form, at its line", () => {
    const [first] = problemsOf(withParameters({ strange: { dice: 6 } }));
    expect(first).toMatch(/^lab\.yaml:\d+ parameters\.strange: /);
  });

  it.each([
    [withParameters({ n: { integer: { min: 5, max: 1 } } }), "parameters.n: has a min above its max."],
    [withParameters({ n: { pick: ["a", "a"] } }), "parameters.n: lists a value twice."],
    [withParameters({ n: { host: { of: "nowhere", index: 1 } } }), '"nowhere" is no subnet parameter.'],
    [withParameters({ n: { host: { of: "net", index: 255 } } }), "is not within 1 and 254"],
    [withParameters({ n: { subnet: { from: "10.0.0.0/24", prefix: 16 } } }), "cannot cut a /16"],
    [
      withParameters({ n: { pick: ["anna", "ben"] }, m: { pick: ["ben", "anna"] } }),
      "cannot differ from the others",
    ],
    [
      { network: { cidr: "{{nett}}", gateway: "{{gateway}}" } },
      "network.cidr: uses {{nett}}, which is no parameter of the lab.",
    ],
    [{ network: { cidr: "{{net}}", gateway: "10.9.9.9" } }, "network.gateway: 10.9.9.9 is no host of"],
    [{ cluster: { podCidr: "10.96.0.0/16", serviceCidr: "10.96.0.0/12" } }, "overlaps cluster.podCidr"],
    [{ nodes: [{ ...exampleManifest.nodes[0], role: "worker" }] }, "none is a control plane."],
    [{ nodes: [exampleManifest.nodes[0], exampleManifest.nodes[0]] }, "is another node's too."],
    [{ otherClusters: [otherCluster] }, "none is the control plane of ops."],
    [
      { otherClusters: [{ ...otherCluster, podCidr: "10.244.9.0/24" }] },
      "otherClusters[0].podCidr: 10.244.9.0/24 overlaps",
    ],
    [{ otherClusters: [{ ...otherCluster, name: "kubernetes" }] }, "has two clusters of one name."],
    [
      { nodes: [{ ...exampleManifest.nodes[0], cluster: "dev" }] },
      "names dev, which is no cluster of the lab.",
    ],
    [{ nodes: [{ ...exampleManifest.nodes[0], role: "base", cluster: "dev" }] }, "is no key of a base."],
    [{ guards: ["do-it"] }, 'uses the id "do-it" a second time.'],
    [{ guards: ["keep-web"] }, 'has no check "keep-web".'],
    [withQuestions({ options: ["a", "{{name}}", "anna"] }), "can come out equal or empty."],
    [withQuestions({}, {}, { node: "node07" }), "names node07, which is no node"],
    [withQuestions({ file: "gone.md" }), "names questions/gone.md, which is not there."],
    [withQuestions({ answer: "ip" }), "a key that no lab has: answer."],
  ])("case %#: %o", (manifest, problem) => {
    expect(problemsOf(manifest as Record<string, unknown>).join("\n")).toContain(problem);
  });

  it.each([
    [{ "checks.ts": undefined }, "checks.ts: is missing."],
    [{ "checks.ts": "export default {}" }, 'checks.ts: has no check "say-ip".'],
    [{ "question/typo.md": "x" }, "question/typo.md: is read by nothing."],
    [{ "questions/orphan.md": "x" }, "questions/orphan.md: belongs to no question."],
    [{ "questions/do-it.md": "# Hint\n\nonly a hint" }, "questions/do-it.md: asks nothing"],
    [{ "questions/say-ip.md": "one\ntwo {{who}}\n" }, "questions/say-ip.md:2: uses {{who}}"],
    [{ "mistakes/wrong.sh": "echo\n" }, "does not say what must fail."],
    [{ "mistakes/wrong.sh": "# fails: nothing-such\n" }, 'names the check "nothing-such"'],
    [{ "setup/big.sh": "#".repeat(100_001) }, "setup/big.sh: is larger than 100000 bytes."],
    [{ "setup/a.faults.yaml": "- fault: kubelet-stoped\n" }, "setup/a.faults.yaml [0].fault: "],
    [
      { "setup/a.faults.yaml": "- { fault: cni-binary-missing, plugin: 'x; reboot' }\n" },
      "setup/a.faults.yaml [0].plugin: ",
    ],
    [
      { "setup/a.faults.yaml": "- { fault: kubelet-stopped, node: node09 }\n" },
      "setup/a.faults.yaml: runs on node09, which is no node",
    ],
    [{ "setup/a.sh": "# node: node09\n" }, "setup/a.sh: runs on node09, which is no node"],
    [{ "../evil.ts": "x" }, "../evil.ts: cannot be part of a lab."],
  ])("files %#: %o", (files, problem) => {
    expect(problemsOf({}, files as Record<string, string | undefined>).join("\n")).toContain(problem);
  });

  it("not for templates of other programs", () => {
    expect(
      problemsOf({}, { "questions/do-it.md": "`-o go-template='{{ .spec.podCIDR }}'` and \\{{end}}" }),
    ).toEqual([]);
  });
});
