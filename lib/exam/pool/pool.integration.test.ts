import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "@/lib/auth/roles";
import { checkQuestion } from "../check-question";
import { getAttempt } from "../get-attempt";
import { getStart } from "../get-start";
import { gradeAttempt } from "../grade-attempt";
import { hibernateLabs } from "../hibernate-labs";
import { labHealth, resetLab } from "../lab-health";
import { startAttempt } from "../start-attempt";
import { makeCurrent, storeVersion } from "../store-version";
import { abandonAttempt, submitAttempt } from "../submit-attempt";
import { sweep } from "../sweep";
import { terminalAccess } from "../terminal-access";
import { startExamTest, type ExamTest } from "../testing/exam-test";
import { sampleLab } from "../testing/sample-lab";

let test: ExamTest;
let student: Actor, other: Actor;
beforeAll(async () => {
  test = await startExamTest();
});
afterAll(() => test.stop());
beforeEach(async () => {
  await test.reset();
  student = await test.actor("STUDENT");
  other = await test.actor("STUDENT");
});

const input = { labId: "sample", mode: "PRACTICE" as const };
const entries = () => test.deps.db.poolEntry.findMany({ orderBy: { createdAt: "asc" } });
const attemptRow = (id: string) => test.deps.db.attempt.findUniqueOrThrow({ where: { id } });

async function fillPool(perVersion = 1, max = 4): Promise<void> {
  test.deps.pool = { perVersion, max };
  for (let round = 0; round < 2 * max; round++) await sweep(test.deps);
}

async function running(actor: Actor): Promise<string> {
  const { attemptId } = await startAttempt(test.deps, actor, input);
  expect((await getStart(test.deps, actor, { attemptId })).state).toBe("RUNNING");
  return attemptId;
}

describe("the pool", () => {
  it("gives an attempt a booted lab with that lab's own values, once", async () => {
    await fillPool();
    const [entry] = await entries();
    expect(entry).toMatchObject({ state: "READY" });
    test.clusterd.calls.length = 0;
    const { attemptId } = await startAttempt(test.deps, student, input);
    expect(test.clusterd.calls.filter((call) => call.startsWith("lab.start"))).toEqual([]);
    const attempt = await attemptRow(attemptId);
    const { seed, parameters, clusterLabId } = entry!;
    expect(attempt).toMatchObject({ state: "RUNNING", seed, parameters, clusterLabId });
    expect(await entries()).toEqual([]);
    expect((await getAttempt(test.deps, student, { attemptId })).questions.length).toBeGreaterThan(0);
    const second = await attemptRow(await running(other));
    expect(second.clusterLabId).not.toBe(clusterLabId);
    expect(second.seed).not.toBe(seed);
  });

  it("two who start at once never get the same entry", async () => {
    await fillPool(2);
    expect(await entries()).toHaveLength(2);
    const actors = await Promise.all(Array.from({ length: 4 }, () => test.actor("STUDENT")));
    const started = await Promise.all(actors.map((actor) => startAttempt(test.deps, actor, input)));
    const labs = await Promise.all(
      started.map(async ({ attemptId }) => (await attemptRow(attemptId)).clusterLabId),
    );
    expect(new Set(labs).size).toBe(4);
    expect(labs.filter((id) => id.startsWith("p-"))).toHaveLength(2);
  });

  it("drops the labs of a version that another one has taken the place of, and boots the new one", async () => {
    await fillPool();
    const [before] = await entries();
    const files = { ...sampleLab, "lab.yaml": `${sampleLab["lab.yaml"]}\n# changed\n` };
    const version = await storeVersion(test.deps, { files, authorId: null, message: "" });
    await makeCurrent(test.deps, version);
    await fillPool();
    expect(await entries()).toMatchObject([{ versionId: version.id, state: "READY" }]);
    expect(test.clusterd.labs.has(before!.clusterLabId)).toBe(false);
  });

  it("leaves the server's room to students: entries go when attempts need it", async () => {
    test.deps.labsRunningMax = 2;
    await fillPool(2);
    expect(await entries()).toHaveLength(2);
    await running(student);
    await sweep(test.deps);
    expect(await entries()).toHaveLength(1);
    await running(other);
    await sweep(test.deps);
    expect(await entries()).toEqual([]);
    expect(test.clusterd.labs.size).toBe(2);
  });

  it("labs of the pool that were frozen with the server are thawed and used", async () => {
    await fillPool();
    const [entry] = await entries();
    await test.clusterd.call("lab.freeze", { labId: entry!.clusterLabId });
    await sweep(test.deps);
    await sweep(test.deps);
    expect(await entries()).toMatchObject([{ id: entry!.id, state: "READY" }]);
    expect(test.clusterd.labs.get(entry!.clusterLabId)?.phase).toBe("ready");
  });

  it("an entry whose lab is gone gives an ordinary start with the same values", async () => {
    await fillPool();
    const [entry] = await entries();
    test.clusterd.labs.delete(entry!.clusterLabId);
    const attemptId = await running(student);
    expect(await attemptRow(attemptId)).toMatchObject({
      seed: entry!.seed,
      clusterLabId: entry!.clusterLabId,
    });
    expect(test.clusterd.calls).toContain(`lab.start ${entry!.clusterLabId}`);
  });
});

describe("idle labs", () => {
  it("are frozen when their student has been away, and wake when the student is back", async () => {
    test.deps.hibernateAfterMs = 3 * 60_000;
    const attemptId = await running(student);
    const { clusterLabId } = await attemptRow(attemptId);
    await test.clock.advance(2 * 60_000);
    await terminalAccess(test.deps, student, { attemptId });
    await test.clock.advance(2 * 60_000);
    await hibernateLabs(test.deps);
    expect(test.clusterd.labs.get(clusterLabId)?.phase).toBe("ready");
    await test.clock.advance(2 * 60_000);
    await hibernateLabs(test.deps);
    expect(test.clusterd.labs.get(clusterLabId)?.phase).toBe("frozen");
    expect((await attemptRow(attemptId)).hibernatedAt).not.toBeNull();
    expect((await labHealth(test.deps, student, { attemptId })).state).toBe("ready");
    expect((await attemptRow(attemptId)).hibernatedAt).toBeNull();
    expect(test.clusterd.labs.get(clusterLabId)?.phase).toBe("ready");
  });

  it("are woken for a check and for grading", async () => {
    test.deps.hibernateAfterMs = 60_000;
    const attemptId = await running(student);
    const { clusterLabId } = await attemptRow(attemptId);
    const sleep = async () => {
      await test.clock.advance(5 * 60_000);
      await hibernateLabs(test.deps);
      expect(test.clusterd.labs.get(clusterLabId)?.phase).toBe("frozen");
    };
    await sleep();
    await checkQuestion(test.deps, student, { attemptId, questionId: "count" });
    await sleep();
    await submitAttempt(test.deps, student, { attemptId });
    await gradeAttempt(test.deps, attemptId);
    expect((await attemptRow(attemptId)).state).toBe("GRADED");
  });

  it("do not count against the server's limit", async () => {
    test.deps.labsRunningMax = 1;
    test.deps.hibernateAfterMs = 60_000;
    await running(student);
    await test.clock.advance(5 * 60_000);
    await hibernateLabs(test.deps);
    await running(other);
  });
});

describe("reset and end state", () => {
  it("a reset builds the lab again with the same values, and only its student may", async () => {
    const attemptId = await running(student);
    const { clusterLabId, parameters } = await attemptRow(attemptId);
    await expect(resetLab(test.deps, other, { attemptId })).rejects.toMatchObject({ code: "not-found" });
    test.clusterd.calls.length = 0;
    await resetLab(test.deps, student, { attemptId });
    expect(test.clusterd.calls).toEqual([`lab.stop ${clusterLabId}`, `lab.start ${clusterLabId}`]);
    expect((await attemptRow(attemptId)).parameters).toEqual(parameters);
    await abandonAttempt(test.deps, student, { attemptId });
    await expect(resetLab(test.deps, student, { attemptId })).rejects.toMatchObject({ code: "conflict" });
  });

  it("the end state of a graded attempt is kept for as long as the server says", async () => {
    test.deps.keepEndStatesMs = 24 * 3_600_000;
    const attemptId = await running(student);
    await submitAttempt(test.deps, student, { attemptId });
    await sweep(test.deps);
    const { endStateId, labStoppedAt } = await attemptRow(attemptId);
    expect(endStateId).toMatch(/^[0-9a-f]{64}$/);
    expect(labStoppedAt).not.toBeNull();
    await test.clock.advance(25 * 3_600_000);
    await sweep(test.deps);
    expect(test.clusterd.calls).toContain(`frozen.remove ${endStateId}`);
    expect((await attemptRow(attemptId)).endStateId).toBeNull();
  });
});
