import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CheckResult } from "@/lib/contract/check";
import { compileChecks } from "./compile-checks";
import { drawParameters } from "./draw-parameters";
import { hashLab } from "./hash-lab";
import { loadLab } from "./load-lab";
import { readLabFolder } from "./read-lab-folder";
import { renderQuestion } from "./render-question";
import { renderTemplate } from "./render-template";
import { scoreAttempt } from "./score-attempt";
import { exampleLab, exampleManifest } from "./testing/example-lab";

describe("renderQuestion", () => {
  const lab = loadLab(exampleLab());
  const parameters = drawParameters(lab.manifest, "s");

  it("fills in parameters and splits off hint and explanation", () => {
    const question = renderQuestion(lab, "pick-one", parameters, "s");
    expect(question.bodyMarkdown).toBe(`Which one, ${String(parameters.name)}?`);
    expect(question.hint).toBe("The second.");
    expect(question.explanation).toBe(`It is ${String(parameters.address)}.`);
    expect([...question.options].sort()).toEqual(["a", "b", "c", `d ${String(parameters.port)}`]);
  });

  it("orders options by the seed, the same way every time", () => {
    const orders = new Set(
      Array.from({ length: 40 }, (_, n) =>
        renderQuestion(lab, "pick-one", parameters, `seed-${n}`).options.join(),
      ),
    );
    expect(orders.size).toBeGreaterThan(8);
    expect(renderQuestion(lab, "pick-one", parameters, "x")).toEqual(
      renderQuestion(lab, "pick-one", parameters, "x"),
    );
    const ordered = loadLab(
      exampleLab({
        questions: [
          { ...exampleManifest.questions[0], ordered: true },
          ...exampleManifest.questions.slice(1),
        ],
      }),
    );
    expect(renderQuestion(ordered, "pick-one", parameters, "x").options.slice(0, 3)).toEqual(["a", "b", "c"]);
  });

  it("throws for a question that is not there", () => {
    expect(() => renderQuestion(lab, "none", parameters, "s")).toThrow('no question "none"');
  });
});

describe("renderTemplate", () => {
  it("fills names in, joins lists, leaves other templates and escapes alone", () => {
    expect(renderTemplate("{{a}} {{ b }} {{ .c }} \\{{a}}", { a: 1, b: ["x", 2] })).toBe(
      "1 x, 2 {{ .c }} {{a}}",
    );
    expect(() => renderTemplate("{{constructor}}", {})).toThrow("no parameter of the lab");
  });
});

describe("hashLab", () => {
  it("depends on paths and bytes, not on the order of files", () => {
    const hash = hashLab({ "a.md": "1", "b.md": "2" });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashLab({ "b.md": "2", "a.md": "1" })).toBe(hash);
    expect(hashLab({ "a.md": "12", "b.md": "" })).not.toBe(hash);
    expect(hashLab({ "a.md": "1b.md", "2": "" })).not.toBe(hash);
  });
});

describe("readLabFolder", () => {
  it("reads what belongs to a lab and nothing else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lab-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, "questions"));
    for (const path of ["lab.yaml", "questions/a.md", "questions/a.md~", ".hidden", "checks.test.ts"])
      await writeFile(join(folder, path), path);
    expect(await readLabFolder(`${folder}/`)).toEqual({
      "lab.yaml": "lab.yaml",
      "questions/a.md": "questions/a.md",
    });
    await expect(readLabFolder(join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("compileChecks", () => {
  const problems = async (files: Record<string, string>) => {
    const error = await compileChecks(files).then(
      () => undefined,
      (failure: { message: string }) => failure.message,
    );
    return error ?? "compiled";
  };

  it("bundles files of the lab", async () => {
    const source = await compileChecks({
      "checks.ts":
        'import { defineChecks, check } from "examctl/checks"; import { port } from "./checks/ports"; export default defineChecks({ a: check((t) => t.points(port)) });',
      "checks/ports.ts": "export const port: number = 10259;",
    });
    expect(source).toContain("10259");
    expect(source).not.toMatch(/^\s*import /m);
  });

  it("names the line of a syntax error and refuses every other import", async () => {
    expect(await problems({ "checks.ts": "\n\nexport default (;" })).toContain("checks.ts:3: Unexpected");
    expect(await problems({ "checks.ts": 'import fs from "node:fs"; export default fs;' })).toContain(
      'imports "node:fs": checks may import only',
    );
    expect(
      await problems({ "checks.ts": 'import x from "../../lib/core/ids"; export default x;' }),
    ).toContain("no TypeScript file of the lab");
    expect(await problems({ "checks.ts": 'import x from "/etc/passwd"; export default x;' })).toContain(
      "checks may import only",
    );
    expect(
      await problems({
        "checks.ts": 'import x from "lab:checks.ts"; import y from "zod"; export default y;',
      }),
    ).toContain("may import only");
    expect(await problems({ "checks.ts": "export const a = 1;" })).toContain("No matching export");
    expect(await problems({})).toContain("is missing");
  });
});

describe("scoreAttempt", () => {
  const manifest = { ...loadLab(exampleLab({ guards: [] })).manifest, guards: ["keep"] };
  const result = (
    questionId: string,
    points: number,
    outcome: CheckResult["outcome"] = "passed",
  ): CheckResult => ({
    questionId,
    points,
    outcome,
    pointsMax: 3,
    guard: false,
    reason: "",
    evidence: [],
    durationMs: 1,
  });

  it("adds up, rounds late and decides on the pass mark exactly", () => {
    expect(scoreAttempt(manifest, [result("pick-one", 1), result("do-it", 2)])).toEqual({
      points: 3,
      pointsMax: 5,
      percent: 60,
      passed: true,
      vetoedBy: [],
      ungradable: [],
    });
    expect(scoreAttempt(manifest, [result("do-it", 2.99)]).passed).toBe(false);
  });

  it("is vetoed by a guard that failed, and not by one that could not be graded", () => {
    const full = [result("pick-one", 1), result("say-ip", 1), result("do-it", 3)];
    expect(scoreAttempt(manifest, [...full, result("keep", 0, "failed")])).toMatchObject({
      points: 0,
      percent: 0,
      passed: false,
      vetoedBy: ["keep"],
    });
    expect(scoreAttempt(manifest, [...full, result("keep", 0, "ungradable")])).toMatchObject({
      points: 5,
      passed: true,
      ungradable: ["keep"],
    });
  });

  it("counts what is missing as zero and ignores strangers and excess", () => {
    expect(scoreAttempt(manifest, [])).toMatchObject({ points: 0, passed: false });
    expect(scoreAttempt(manifest, [result("stranger", 50), result("pick-one", 50)])).toMatchObject({
      points: 1,
    });
  });
});
