import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { layouts } from ".";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "examctl-layouts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(files: Record<string, string>, task?: string, below = "") {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const found = (await Promise.all(layouts.map((layout) => layout(join(folder, below), task)))).filter(
    Boolean,
  );
  expect(found).toHaveLength(1);
  const { nodes, freshPodCidr, setup, stages, files: placed } = found[0]!;
  return {
    ...{ nodes, freshPodCidr, setup: setup.map(({ name }) => name), placed: placed?.map(({ path }) => path) },
    stages: stages.map(({ setup: before, solution, verify }) => ({
      ...(before.length > 0 ? { setup: before.map(({ name }) => name) } : {}),
      solution: solution.text,
      verify: verify.map(({ name }) => name),
    })),
  };
}
const solved = (text: string) => `\`\`\`bash\nkubectl run ${text}\n\`\`\`\n`;

test("Killercoda: steps with their texts and checks; assets lie beside the scripts", async () => {
  const index = {
    details: {
      intro: { background: "setup.sh" },
      steps: [
        { text: "step0.md", foreground: "wait.sh" },
        { text: "step1.md", verify: "verify.sh" },
        { text: "step2.md" },
      ],
      assets: {
        host01: [
          { file: "a.yaml", target: "~/", chmod: "+w" },
          { file: "sub/**", target: "/opt" },
        ],
      },
    },
    backend: { imageid: "kubernetes-kubeadm-1node" },
  };
  const lab = await read({
    ...{
      "index.json": JSON.stringify(index),
      "setup.sh": "true",
      "wait.sh": "true",
      "verify.sh": "true",
      "assets/a.yaml": "a: 1",
      "assets/sub/b.sh": "true",
    },
    "step0.md": solved("first"),
    "step1.md": `<details><summary>Solution</summary>\n\n${solved("a")}</details>\n`,
    ...{ "step2.md": "Well done." },
  });
  expect(lab).toMatchObject({ nodes: "one", setup: ["setup.sh"] });
  const beside = ["/root/assets/a.yaml", "/root/assets/sub/b.sh"];
  expect([...lab.placed!].sort()).toEqual(["/opt/sub/b.sh", "/root/a.yaml", ...beside]);
  expect(lab.stages).toEqual([
    {
      setup: ["wait.sh", "step0.md"],
      solution: expect.stringContaining("kubectl run a") as string,
      verify: ["verify.sh"],
    },
  ]);
});

test("Killercoda: a bare machine that its set-up makes a cluster of is one as kubeadm leaves it", async () => {
  const lab = await read({
    "index.json": JSON.stringify({
      details: { intro: { background: "setup.sh" }, steps: [] },
      backend: { imageid: "ubuntu-4GB" },
    }),
    "setup.sh": 'RANGE="10.50.0.0/16"\nkubeadm init \\\n  --pod-network-cidr=${RANGE}\n',
  });
  expect(lab).toMatchObject({ nodes: "one", freshPodCidr: "10.50.0.0/16" });
});

test("CK-X: the question's scripts, and its section of the answers", async () => {
  const question = { id: "2", verification: [{ verificationScriptFile: "q2_s1.sh" }] };
  const lab = await read(
    {
      "assessment.json": JSON.stringify({ questions: [{ id: "1" }, question] }),
      "answers.md": `## Question 1: A\n${solved("one")}## Question 2: B\n### Solution\n${solved("two")}## Question 3\n${solved("three")}`,
      ...{ "scripts/setup/q2_setup.sh": "true", "scripts/validation/q2_s1.sh": "true" },
    },
    "q2",
  );
  expect(lab).toMatchObject({ setup: ["scripts/setup/q2_setup.sh"] });
  expect(lab.stages[0]!.verify).toEqual(["scripts/validation/q2_s1.sh"]);
  expect(lab.stages[0]!.solution).toContain("kubectl run two");
  expect(lab.stages[0]!.solution).not.toMatch(/one|three/);
});

test("bats: the tests of a task, each a script, and the task's solution; whole labs have all", async () => {
  const tests = `export A=1\n@test "0 Init" {\n  true\n}\n@test "1.1 first" {\n  [ "$A" = 1 ]\n}\n@test "12 other" {\n  false\n}\n`;
  const files = {
    ...{ "worker/files/tests.bats": tests, "k8s-2/scripts/master.sh": "true" },
    "worker/files/solutions/1.MD": `\`\`\`\nkubectl config use-context cluster2-admin@cluster2\n\`\`\`\n${solved("one")}`,
    "worker/files/solutions/12.MD": solved("twelve"),
  };
  const task = await read(files, "task1");
  expect(task.setup).toEqual(["environment", "k8s-2/scripts/master.sh"]);
  expect(task.stages[0]!.verify).toEqual(["0 Init", "1.1 first"]);
  expect(task.stages[0]!.solution).toContain("kubectl run one");
  const whole = await read(files);
  expect(whole.stages[0]!.verify).toEqual(["0 Init", "1.1 first", "12 other"]);
  expect(whole.stages[0]!.solution).toMatch(/one[\s\S]*twelve/);
});

test("an exam with scoring functions: the question's manifests and its part of the solutions", async () => {
  const lab = await read(
    {
      ...{ "exams/a/exam.conf": "", "exams/a/scoring-functions.sh": "score_q3() { echo 1/1; }" },
      ...{ "exams/a/manifests/setup/namespaces.yaml": "", "exams/a/manifests/setup/q03-pod.yaml": "" },
      ...{ "exams/a/solutions.md": `## Question 3 | A\n${solved("three")}`, "scripts/lib/common.sh": "" },
    },
    "q3",
    "exams/a",
  );
  expect(lab.placed).toContain("/root/dojo/scripts/lib/common.sh");
  expect(lab.stages).toEqual([
    { solution: expect.stringContaining("kubectl run three") as string, verify: ["score_q3"] },
  ]);
});

test("plain scripts: with a check of their own, without one, and with a cluster's name", async () => {
  const lab = await read({
    "LabSetUp.bash": "true",
    "SolutionNotes.bash": "# why\nkubectl run a\nkubectl edit pod a\n",
  });
  expect(lab.setup).toEqual(["LabSetUp.bash"]);
  expect(lab.stages).toEqual([
    { solution: expect.stringMatching(/DEBUG\n# why\nkubectl run a\n\n$/) as string, verify: [] },
  ]);
  const question = await read(
    { "q 1/SolutionNotes.bash": "", "exercises/validate.sh": "" },
    undefined,
    "q 1",
  );
  expect(question).toMatchObject({ placed: ["/root/exercises/validate.sh"] });
  expect(question.stages[0]!.verify).toEqual(["exercises/validate.sh"]);
  rmSync(join(folder, "SolutionNotes.bash"));
  const scenario = await read({ "SOLUTION.md": `## Fix\n${solved("b")}`, "setup.sh": "", "verify.sh": "" });
  expect(scenario.stages[0]!.verify).toEqual(["verify.sh"]);
});
