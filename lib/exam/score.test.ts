import { describe, expect, it } from "vitest";
import type { CheckResult } from "@/lib/contract/check";
import { overrideQuestion, overrideVeto, percent, scoreResults } from "./score";

const question = (id: string, points: number) => ({
  id,
  points,
  title: id,
  file: `${id}.md`,
  kind: "task" as const,
});
const rules = { questions: [question("a", 1), question("b", 2)], passMark: 66 };
const result = (questionId: string, points: number, more: Partial<CheckResult> = {}): CheckResult => ({
  questionId,
  points,
  pointsMax: 2,
  outcome: "passed",
  guard: false,
  reason: "",
  evidence: [],
  durationMs: 1,
  ...more,
});

describe("scoreResults", () => {
  it("adds up, clamps to what a question is worth, and counts what is missing as zero", () => {
    expect(scoreResults(rules, [result("a", 5), result("unknown", 9)])).toMatchObject({
      points: 1,
      pointsMax: 3,
      percent: 33.3,
      questionPoints: { a: 1, b: 0 },
      passed: false,
    });
    expect(scoreResults(rules, [result("b", 2)])).toMatchObject({ percent: 66.6, passed: true });
  });

  it("is vetoed by a guard that failed, not by one that could not be graded", () => {
    const guard = (outcome: CheckResult["outcome"]) =>
      result("calm", 0, { guard: true, outcome, pointsMax: 0 });
    const all = [result("a", 1), result("b", 2)];
    expect(scoreResults(rules, [...all, guard("failed")])).toMatchObject({
      points: 0,
      vetoed: true,
      passed: false,
    });
    expect(scoreResults(rules, [...all, guard("ungradable")])).toMatchObject({ points: 3, passed: true });
  });
});

describe("overrides", () => {
  it("change one question and keep the rest, the veto too", () => {
    const before = scoreResults(rules, [result("a", 1)]);
    expect(overrideQuestion(rules, before, "b", 1.5)).toMatchObject({ points: 2.5, passed: true });
    const vetoed = overrideVeto(rules, before, true);
    expect(overrideQuestion(rules, vetoed, "b", 2)).toMatchObject({ points: 0, vetoed: true });
    expect(overrideVeto(rules, overrideQuestion(rules, vetoed, "b", 2), false)).toMatchObject({ points: 3 });
  });
});

describe("percent", () => {
  it("never rounds up to a pass", () => {
    expect(percent(65.99, 100)).toBe(65.9);
    expect(percent(1, 3)).toBe(33.3);
    expect(percent(0, 0)).toBe(0);
    expect(percent(2.9, 2.9)).toBe(100);
  });
});
