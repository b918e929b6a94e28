import { describe, expect, it } from "vitest";
import type { CheckResult } from "@/lib/contract/check";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import type { RpcClient } from "@/lib/rpc/client";
import { loadLab } from "../load-lab";
import { exampleLab } from "../testing/example-lab";
import { validateLab } from "../validate-lab";
import { walkLab } from "./walk-lab";

const files = exampleLab(
  { guards: ["keep"] },
  {
    "checks.ts": `import { check, defineChecks, guard } from "examctl/checks";
      export default defineChecks({
        "pick-one": check((t) => { t.expectAnswer("string", "b"); }),
        "say-ip": check((t) => { t.expectAnswer("ip", "10.0.0.1"); }),
        "do-it": check((t) => { t.points(1); }),
        keep: guard((t) => { t.points(1); }),
      });`,
    "solution.sh": "do b 10.0.0.1",
    "mistakes/wrong.sh": "# fails: pick-one\nanswer-a",
    "mistakes/undone.sh": "# fails: do-it, keep\nundo\nbreak",
  },
);

/** A clusterd whose labs are a set of words: scripts add words, "undo" and "break" spoil. */
function fakeClusterd(
  quirks: {
    grade?: (id: string, solved: boolean) => Partial<CheckResult> | undefined;
    /** Words of which a lab takes only the first. */
    excludes?: string[];
  } = {},
) {
  const labs = new Map<string, Set<string>>();
  const log: string[] = [];
  const client = {
    close: () => undefined,
    open: () => Promise.reject(new Error("unused")),
    call(
      method: string,
      input: {
        labId: string;
        argv: string[];
        afterRevision?: number;
        questions: { questionId: string; pointsMax: number; answer?: string }[];
      },
    ) {
      const { labId } = input;
      const words = labs.get(labId) ?? new Set<string>();
      if (method === "lab.start") {
        labs.set(labId, words);
        log.push("start");
        return Promise.resolve({ labId, revision: 1, phase: "starting" });
      }
      if (method === "lab.status") return Promise.resolve({ labId, revision: 2, phase: "ready" });
      if (method === "lab.stop") {
        if (labs.delete(labId)) log.push("stop");
        return Promise.resolve({});
      }
      if (method === "lab.exec") {
        const script = input.argv.at(-1)!;
        for (const word of script.split(/\s+/))
          if (!quirks.excludes?.includes(word) || !quirks.excludes.some((other) => words.has(other)))
            words.add(word);
        const stdout = script.startsWith("do")
          ? "answer pick-one b\nnoise\nanswer say-ip 10.0.0.1\n"
          : script.includes("answer-a")
            ? "answer pick-one a\n"
            : "";
        if (script.startsWith("do")) for (const spoilt of ["undo", "break"]) words.delete(spoilt);
        return Promise.resolve({
          exitCode: 0,
          stdout,
          stderr: "",
          truncated: false,
          timedOut: false,
          durationMs: 1,
        });
      }
      const results = input.questions.map(({ questionId, pointsMax, answer }): CheckResult => {
        const guard = questionId === "keep";
        const solved =
          questionId === "pick-one"
            ? answer === "b"
            : questionId === "say-ip"
              ? answer === "10.0.0.1"
              : guard
                ? !words.has("break")
                : words.has("do") && !words.has("undo");
        return {
          questionId,
          guard,
          pointsMax,
          points: solved ? pointsMax : 0,
          outcome: solved ? "passed" : "failed",
          reason: "",
          evidence: [{ label: questionId, expected: "x", seen: "y", source: "", passed: solved }],
          durationMs: 1,
          ...quirks.grade?.(questionId, solved),
        };
      });
      return Promise.resolve({ results });
    },
  };
  return { clusterd: client as unknown as RpcClient<ClusterdRpc>, labs, log };
}

const problemsAt = (report: { steps: { name: string; problems: string[] }[] }, name: string) =>
  report.steps.find((step) => step.name === name)?.problems;

describe("walkLab", () => {
  it("proves a sound lab and stops every instance", async () => {
    const { clusterd, labs, log } = fakeClusterd();
    const report = await walkLab(loadLab(files), { clusterd, source: "", seed: "s" });
    expect(report.steps.map(({ name, problems }) => [name, problems])).toEqual([
      ["start", []],
      ["unsolved", []],
      ["solution", []],
      ["solution again", []],
      ["mistakes/wrong.sh", []],
      ["mistakes/undone.sh", []],
      ["teardown", []],
    ]);
    expect(report).toMatchObject({ ok: true, lab: "example", seed: "s" });
    expect(report.coverage[0]).toEqual({ questionId: "pick-one", solved: true, mistakes: 1 });
    // What names different checks shares the first instance.
    expect(log.filter((entry) => entry === "start")).toHaveLength(1);
    expect(labs.size).toBe(0);
  });

  it("gives each mistake of the same check a lab of its own", async () => {
    const { clusterd, labs, log } = fakeClusterd();
    const twice = exampleLab(
      { guards: ["keep"] },
      { ...files, "mistakes/undone-too.sh": "# fails: do-it\nundo" },
    );
    const report = await walkLab(loadLab(twice), { clusterd, source: "" });
    expect(report.ok).toBe(true);
    expect(report.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["lab 2", "mistakes/undone.sh", "mistakes/undone-too.sh"]),
    );
    expect(log.filter((entry) => entry === "start")).toHaveLength(2);
    expect(labs.size).toBe(0);
  });

  it("sees what a mistake fails beyond what it names, in whatever company", async () => {
    const greedy = exampleLab(
      { guards: ["keep"] },
      { ...files, "mistakes/undone.sh": "# fails: keep\nundo\nbreak" },
    );
    for (const seed of ["1", "2", "3"]) {
      const report = await walkLab(loadLab(greedy), { ...fakeClusterd(), source: "", seed });
      expect(problemsAt(report, "mistakes/undone.sh")).toEqual([
        expect.stringContaining("do-it should pass and is failed"),
      ]);
    }
  });

  it("judges mistakes that name different checks together", async () => {
    const { clusterd, log } = fakeClusterd();
    const two = exampleLab(
      { guards: ["keep"] },
      {
        ...files,
        "mistakes/undone.sh": "# fails: do-it\nundo",
        "mistakes/broken.sh": "# fails: keep\nbreak",
      },
    );
    const report = await walkLab(loadLab(two), { clusterd, source: "" });
    expect(report.ok).toBe(true);
    expect(report.steps.map(({ name }) => name).filter((name) => name.includes(", "))).toHaveLength(1);
    expect(log.filter((entry) => entry === "start")).toHaveLength(1);
  });

  it("plays a mistake alone that does not go with the one before it", async () => {
    // Who spoils first leaves nothing to spoil for the other: "break" holds only without "undo", and the other way round.
    const { clusterd, log } = fakeClusterd({ excludes: ["undo", "break"] });
    const unfriendly = exampleLab(
      { guards: ["keep"] },
      {
        ...files,
        "mistakes/undone.sh": "# fails: do-it\nundo",
        "mistakes/broken.sh": "# fails: keep\nbreak",
      },
    );
    const report = await walkLab(loadLab(unfriendly), { clusterd, source: "", mistakePatienceMs: 0 });
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["mistakes/undone.sh", "mistakes/broken.sh", "lab 2", "lab 3"]),
    );
    expect(log.filter((entry) => entry === "start")).toHaveLength(3);
  });

  it("waits until what a mistake did is felt", async () => {
    let gradings = 0;
    const { clusterd, log } = fakeClusterd({
      // Unsolved the first time; then the controllers follow only at the third grading after "undo".
      grade: (id, solved) =>
        id === "do-it" && !solved && ++gradings > 1 && gradings < 4
          ? { outcome: "passed", points: 1 }
          : undefined,
    });
    const report = await walkLab(loadLab(files), { clusterd, source: "" });
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(gradings).toBe(4);
    expect(log.filter((entry) => entry === "start")).toHaveLength(1);
  });

  it("tells points without work, solutions that do not hold, and mistakes that fail other checks", async () => {
    const generous = fakeClusterd({
      grade: (id) => (id === "say-ip" ? { outcome: "partial", points: 0.5 } : undefined),
    });
    const report = await walkLab(loadLab(files), { ...generous, source: "" });
    expect(report.ok).toBe(false);
    expect(problemsAt(report, "unsolved")).toEqual([
      "say-ip earns 0.5 points although nothing has been done.",
    ]);
    expect(problemsAt(report, "solution")?.[0]).toContain("say-ip is partial (0.5 of 1)");
    expect(report.steps.map(({ name }) => name)).toEqual(["start", "unsolved", "solution", "teardown"]);

    const other = exampleLab(
      { guards: ["keep"] },
      { ...files, "mistakes/wrong.sh": "# fails: say-ip\nanswer-a" },
    );
    const wrong = await walkLab(loadLab(other), { ...fakeClusterd(), source: "", mistakePatienceMs: 0 });
    expect(problemsAt(wrong, "mistakes/wrong.sh")).toEqual([
      "say-ip should fail and passes.",
      "pick-one should pass and is failed: pick-one: expected x, saw y ()",
    ]);
  });

  it("never takes ungradable for an outcome", async () => {
    const broken = fakeClusterd({
      grade: (id) => (id === "do-it" ? { outcome: "ungradable", points: 0, reason: "threw" } : undefined),
    });
    const report = await walkLab(loadLab(files), { ...broken, source: "" });
    expect(problemsAt(report, "unsolved")).toEqual(["do-it could not be graded: y"]);
  });

  it("refuses answers that no student could give", async () => {
    const lab = loadLab(files);
    const questions = lab.manifest.questions.map((question) =>
      question.kind === "choice" ? { ...question, options: ["x", "y"] } : question,
    );
    const report = await walkLab(
      { ...lab, manifest: { ...lab.manifest, questions } },
      { ...fakeClusterd(), source: "" },
    );
    expect(problemsAt(report, "solution")).toEqual([
      expect.stringContaining('It answers pick-one with "b", which is not one of'),
    ]);
  });

  it("reports what was left on the host", async () => {
    const report = await walkLab(loadLab(files), {
      ...fakeClusterd(),
      source: "",
      leftoverPatienceMs: 0,
      findLeftovers: (labId) => Promise.resolve([`a mount of ${labId}`]),
    });
    expect(problemsAt(report, "teardown")).toEqual([
      expect.stringContaining("left behind: a mount of walk-"),
    ]);
    expect(report.ok).toBe(false);
  });

  it("stops everything when it is called off", async () => {
    const { clusterd, labs } = fakeClusterd();
    const controller = new AbortController();
    const report = await walkLab(loadLab(files), {
      clusterd,
      source: "",
      signal: controller.signal,
      onProgress: ({ step, state }) => step === "solution" && state === "done" && controller.abort(),
    });
    expect(report.ok).toBe(false);
    expect(labs.size).toBe(0);
  });

  it("does not wait for a script that still runs when it is called off", async () => {
    const { clusterd, labs } = fakeClusterd();
    const controller = new AbortController();
    const hanging = {
      ...clusterd,
      call: (method: string, input: never, options?: { signal?: AbortSignal }) =>
        method === "lab.exec"
          ? new Promise((_, reject) => {
              options?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
              controller.abort();
            })
          : clusterd.call(method as never, input, options),
    } as typeof clusterd;
    const { signal } = controller;
    const report = await walkLab(loadLab(files), { clusterd: hanging, source: "", signal });
    expect(problemsAt(report, "solution")).toEqual(["The walk was called off."]);
    expect(problemsAt(report, "teardown")).toEqual([]);
    expect(labs.size).toBe(0);
  }, 120_000);
});

describe("validateLab", { timeout: 240_000 }, () => {
  it("takes a lab from files to a proven version", async () => {
    const steps: string[] = [];
    const validation = await validateLab(files, {
      walk: fakeClusterd(),
      onProgress: ({ step, state }) => void (state === "done" && steps.push(step)),
    });
    expect(validation.problems).toEqual([]);
    expect(validation.walk?.ok).toBe(true);
    expect(validation.ok).toBe(true);
    expect(steps).toEqual(
      expect.arrayContaining(["files", "types", "compile", "start", "solution", "teardown"]),
    );
  });

  it("finds type errors with their lines, and does not walk then", async () => {
    const validation = await validateLab(
      {
        ...files,
        "checks.ts": files["checks.ts"]!.replace("t.points(1)", '\n t.points("all"); document.title'),
      },
      { walk: fakeClusterd() },
    );
    expect(validation.walk).toBeUndefined();
    expect(validation.problems).toEqual([
      expect.objectContaining({
        file: "checks.ts",
        line: 6,
        problem: expect.stringContaining("'string' is not assignable") as string,
      }),
      expect.objectContaining({
        file: "checks.ts",
        line: 6,
        problem: expect.stringContaining("'document'") as string,
      }),
    ]);
  });
});
