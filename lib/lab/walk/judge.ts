import type { CheckResult } from "@/lib/contract/check";
import type { LabManifest } from "@/lib/contract/lab";

export type Checks = Pick<LabManifest, "questions" | "guards">;

/** Nothing is done: no question may earn anything, and every guard must hold. */
export function judgeUnsolved(manifest: Checks, results: CheckResult[]): string[] {
  return [
    ...findMisfits(manifest, results),
    ...results
      .filter((result) => result.points > 0)
      .map(
        ({ questionId, points }) => `${questionId} earns ${points} points although nothing has been done.`,
      ),
    ...failedGuards(manifest, results, "before anything was done"),
  ];
}

/** Everything is done: full points everywhere. */
export function judgeSolution(manifest: Checks, results: CheckResult[]): string[] {
  return [
    ...findMisfits(manifest, results),
    ...questionsOf(manifest, results)
      .filter((result) => result.outcome !== "passed" && result.outcome !== "ungradable")
      .map(
        (result) =>
          `${result.questionId} is ${result.outcome} (${result.points} of ${result.pointsMax}): ${explain(result)}`,
      ),
    ...failedGuards(manifest, results, "after the solution"),
  ];
}

/** Exactly the named checks must fail; a question that earns a part has failed too. */
export function judgeMistake(manifest: Checks, results: CheckResult[], fails: string[]): string[] {
  const failed = results.filter(({ outcome }) => outcome !== "passed" && outcome !== "ungradable");
  const failedIds = new Set(failed.map(({ questionId }) => questionId));
  return [
    ...findMisfits(manifest, results),
    ...fails.filter((id) => !failedIds.has(id)).map((id) => `${id} should fail and passes.`),
    ...failed
      .filter(({ questionId }) => !fails.includes(questionId))
      .map((result) => `${result.questionId} should pass and is ${result.outcome}: ${explain(result)}`),
  ];
}

/** Results that are missing or that no checker could give. */
function findMisfits({ questions, guards }: Checks, results: CheckResult[]): string[] {
  const ids = [...questions.map(({ id }) => id), ...guards];
  const given = new Set(results.map(({ questionId }) => questionId));
  return [
    ...ids.filter((id) => !given.has(id)).map((id) => `${id} has no result.`),
    ...results
      .filter(({ outcome }) => outcome === "ungradable")
      .map(
        (result) => `${result.questionId} could not be graded: ${result.evidence[0]?.seen ?? result.reason}`,
      ),
    ...results
      .filter(
        ({ questionId, guard, outcome }) => guards.includes(questionId) !== guard && outcome !== "ungradable",
      )
      .map(({ questionId, guard }) =>
        guard
          ? `${questionId} is a guard(...) in checks.ts but a question in lab.yaml.`
          : `${questionId} is a guard in lab.yaml but a check(...) in checks.ts.`,
      ),
  ];
}

function questionsOf({ guards }: Checks, results: CheckResult[]): CheckResult[] {
  return results.filter(({ questionId }) => !guards.includes(questionId));
}

function failedGuards({ guards }: Checks, results: CheckResult[], when: string): string[] {
  return results
    .filter(({ questionId, outcome }) => guards.includes(questionId) && outcome === "failed")
    .map((result) => `The guard ${result.questionId} fails ${when}: ${explain(result)}`);
}

function explain({ reason, evidence }: CheckResult): string {
  const first = evidence.find(({ passed }) => !passed);
  return first ? `${first.label}: expected ${first.expected}, saw ${first.seen} (${first.source})` : reason;
}
