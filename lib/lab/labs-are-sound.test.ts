import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { compileChecks } from "./compile-checks";
import { drawParameters } from "./draw-parameters";
import { formatProblem } from "./lab";
import { inspectLab } from "./load-lab";
import { readLabFolder } from "./read-lab-folder";
import { renderQuestion } from "./render-question";
import { resolveEnvironment } from "./resolve-environment";

const labs = readdirSync(join(projectRoot, "labs"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(labs)("labs/%s", { timeout: 120_000 }, (name) => {
  it("has no problems, compiles and renders for many attempts", async () => {
    const files = await readLabFolder(join(projectRoot, "labs", name));
    const { lab, problems } = inspectLab(files);
    expect(problems.map(formatProblem)).toEqual([]);
    expect(lab!.manifest.id).toBe(name);
    await compileChecks(files);
    for (let attempt = 0; attempt < 50; attempt++) {
      const parameters = drawParameters(lab!.manifest, `attempt-${attempt}`);
      resolveEnvironment(lab!, parameters);
      for (const { id } of lab!.manifest.questions) {
        const { bodyMarkdown, hint, explanation } = renderQuestion(
          lab!,
          id,
          parameters,
          `attempt-${attempt}`,
        );
        expect(bodyMarkdown).not.toMatch(/\{\{\w+\}\}/);
        expect(hint, `${id} has a hint`).toBeTruthy();
        expect(explanation, `${id} has an explanation`).toBeTruthy();
      }
    }
  });

  it("has at least two mistakes for each task and one for every other question", async () => {
    const { lab } = inspectLab(await readLabFolder(join(projectRoot, "labs", name)));
    for (const { id, kind } of lab!.manifest.questions) {
      const mistakes = lab!.mistakes.filter(({ fails }) => fails.includes(id));
      expect(mistakes.length, id).toBeGreaterThanOrEqual(kind === "task" ? 2 : 1);
    }
    expect(lab!.solution).toBeTruthy();
  });
});
