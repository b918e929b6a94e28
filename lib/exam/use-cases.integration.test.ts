import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "@/lib/core/app-error";
import type { Actor } from "@/lib/auth/roles";
import { checkQuestion } from "./check-question";
import { getAttempt } from "./get-attempt";
import { getResult } from "./get-result";
import { getStart } from "./get-start";
import { gradeAttempt } from "./grade-attempt";
import { labHealth, rebuildLab } from "./lab-health";
import { listAttempts, listOwnAttempts } from "./list-attempts";
import { listLabs } from "./list-labs";
import { overrideScore } from "./override-score";
import { listRecordings, openRecording } from "./recordings";
import { revealHint } from "./reveal-hint";
import { saveAnswer, setFlag } from "./save-answer";
import { startAttempt } from "./start-attempt";
import { abandonAttempt, submitAttempt } from "./submit-attempt";
import { gradingLeaseMs } from "./attempt-state";
import { sweep, sweepForever } from "./sweep";
import { terminalAccess } from "./terminal-access";
import { startExamTest, type ExamTest } from "./testing/exam-test";

let test: ExamTest;
let student: Actor, other: Actor, grader: Actor;
beforeAll(async () => {
  test = await startExamTest();
});
afterAll(() => test.stop());
beforeEach(async () => {
  await test.reset();
  student = await test.actor("STUDENT");
  other = await test.actor("STUDENT");
  grader = await test.actor("GRADER");
});

async function running(actor: Actor, mode: "PRACTICE" | "EXAM" = "PRACTICE"): Promise<string> {
  const { attemptId } = await startAttempt(test.deps, actor, { labId: "sample", mode });
  expect((await getStart(test.deps, actor, { attemptId })).state).toBe("RUNNING");
  return attemptId;
}

async function graded(actor: Actor): Promise<string> {
  const attemptId = await running(actor);
  await saveAnswer(test.deps, actor, { attemptId, questionId: "count", value: "right" });
  await saveAnswer(test.deps, actor, { attemptId, questionId: "address", value: "wrong" });
  await submitAttempt(test.deps, actor, { attemptId });
  await gradeAttempt(test.deps, attemptId);
  return attemptId;
}

describe("a student's way", () => {
  it("starts, answers, checks, submits and sees score, evidence and explanation", async () => {
    const attemptId = await running(student);
    const { revision } = await saveAnswer(test.deps, student, {
      attemptId,
      questionId: "count",
      value: " right ",
    });
    expect(revision).toBe(1);
    await setFlag(test.deps, student, { attemptId, questionId: "count", flagged: true });
    expect(await revealHint(test.deps, student, { attemptId, questionId: "address" })).toBe("Look at eth0.");
    const feedback = await checkQuestion(test.deps, student, { attemptId, questionId: "count" });
    expect(feedback).toMatchObject({ outcome: "passed", points: 1 });
    expect(feedback).not.toHaveProperty("evidence");

    const view = await getAttempt(test.deps, student, { attemptId });
    expect(view.questions.map(({ answer, flagged }) => ({ answer, flagged }))).toEqual([
      { answer: "right", flagged: true },
      { answer: null, flagged: false },
      { answer: null, flagged: false },
    ]);
    expect(JSON.stringify(view)).not.toMatch(/explanation|There are two|Count them/);
    expect(view.nodes.map(({ name }) => name)).toEqual(["controlplane", "node01"]);

    await submitAttempt(test.deps, student, { attemptId });
    await submitAttempt(test.deps, student, { attemptId });
    await sweep(test.deps);
    const result = await getResult(test.deps, student, { attemptId });
    // count and address (unanswered counts as right for the fake) and the task
    expect(result.score).toMatchObject({ points: 4, pointsMax: 4, percent: 100, passed: true });
    expect(result.questions[0]).toMatchObject({ outcome: "passed", explanation: "There are two." });
    expect(result.questions[0]!.evidence[0]).toMatchObject({ expected: "right", passed: true });
    expect(test.clusterd.labs.size).toBe(0);
    expect((await listLabs(test.deps, student))[0]).toMatchObject({ attempts: 1, bestPercent: 100 });
  });

  it("keeps each save with a higher revision and refuses answers after the end", async () => {
    const attemptId = await running(student);
    const save = (value: string | null) =>
      saveAnswer(test.deps, student, { attemptId, questionId: "address", value });
    await Promise.all([save("a"), save("b"), save("c")]);
    expect((await save("d")).revision).toBe(4);
    expect((await save(null)).revision).toBe(5);
    expect((await getAttempt(test.deps, student, { attemptId })).questions[1]!.answer).toBeNull();
    await submitAttempt(test.deps, student, { attemptId });
    await expect(save("late")).rejects.toThrow("submitted already");
  });

  it("refuses answers of the wrong shape", async () => {
    const attemptId = await running(student);
    const save = (questionId: string, value: never) =>
      saveAnswer(test.deps, student, { attemptId, questionId, value });
    await expect(save("repair", "text" as never)).rejects.toThrow("answered in the cluster");
    await expect(save("count", ["right"] as never)).rejects.toThrow("takes one answer");
    await expect(save("nothing", "x" as never)).rejects.toThrow("no such question");
  });

  it("gives one attempt however often start is clicked, and values of its own to each student", async () => {
    const clicks = await Promise.all(
      [1, 2, 3, 4].map(() => startAttempt(test.deps, student, { labId: "sample", mode: "PRACTICE" })),
    );
    expect(new Set(clicks.map(({ attemptId }) => attemptId)).size).toBe(1);
    expect(clicks.filter(({ created }) => created)).toHaveLength(1);
    const { attemptId } = await startAttempt(test.deps, other, { labId: "sample", mode: "PRACTICE" });
    const rows = await test.deps.db.attempt.findMany({
      where: { id: { in: [attemptId, clicks[0]!.attemptId] } },
    });
    expect(rows[0]!.parameters).not.toEqual(rows[1]!.parameters);
  });

  it("has no hints and no checks in an exam", async () => {
    const attemptId = await running(student, "EXAM");
    await expect(checkQuestion(test.deps, student, { attemptId, questionId: "count" })).rejects.toThrow(
      "not checked during an exam",
    );
    await expect(revealHint(test.deps, student, { attemptId, questionId: "count" })).rejects.toThrow(
      "no hints",
    );
  });
});

describe("time", () => {
  it("ends the attempt at the server's deadline, grades it and tells that time was over", async () => {
    const attemptId = await running(student);
    await saveAnswer(test.deps, student, { attemptId, questionId: "count", value: "right" });
    await test.clock.advance(30 * 60_000 - 1);
    expect((await getAttempt(test.deps, student, { attemptId })).state).toBe("RUNNING");
    await test.clock.advance(1);
    expect((await getAttempt(test.deps, student, { attemptId })).state).toBe("EXPIRED");
    await expect(
      saveAnswer(test.deps, student, { attemptId, questionId: "count", value: "late" }),
    ).rejects.toThrow("time of this attempt is over");
    await sweep(test.deps);
    expect((await getResult(test.deps, student, { attemptId })).score?.percent).toBe(100);
  });

  it("refuses answers and submissions past the deadline even before any sweep", async () => {
    const attemptId = await running(student);
    await test.clock.advance(31 * 60_000);
    await expect(
      saveAnswer(test.deps, student, { attemptId, questionId: "count", value: "late" }),
    ).rejects.toThrow("over");
    await submitAttempt(test.deps, student, { attemptId });
    expect((await getResult(test.deps, student, { attemptId })).state).toBe("EXPIRED");
  });
});

describe("a full server", () => {
  it("lets attempts wait in line, says where, and starts the next when a lab ends", async () => {
    test.deps.labsRunningMax = 1;
    const first = await running(student);
    const third = await test.actor("STUDENT");
    const { attemptId: second } = await startAttempt(test.deps, other, { labId: "sample", mode: "PRACTICE" });
    await test.clock.advance(1000);
    const { attemptId: last } = await startAttempt(test.deps, third, { labId: "sample", mode: "PRACTICE" });
    expect(await getStart(test.deps, other, { attemptId: second })).toMatchObject({
      state: "PREPARING",
      queuePosition: 1,
    });
    expect(await getStart(test.deps, third, { attemptId: last })).toMatchObject({ queuePosition: 2 });
    await abandonAttempt(test.deps, other, { attemptId: second });
    expect(await getStart(test.deps, third, { attemptId: last })).toMatchObject({ queuePosition: 1 });
    await submitAttempt(test.deps, student, { attemptId: first });
    await sweep(test.deps);
    expect((await getStart(test.deps, third, { attemptId: last })).state).toBe("RUNNING");
  });

  it("counts the labs of walks, too", async () => {
    test.deps.labsRunningMax = 3;
    test.clusterd.passingLabs = 3;
    const { attemptId } = await startAttempt(test.deps, student, { labId: "sample", mode: "PRACTICE" });
    await sweep(test.deps);
    expect(await getStart(test.deps, student, { attemptId })).toMatchObject({ state: "PREPARING" });
    test.clusterd.passingLabs = 2;
    await sweep(test.deps);
    expect((await getStart(test.deps, student, { attemptId })).state).toBe("RUNNING");
  });

  it("never admits more than the limit, however many start at once", async () => {
    test.deps.labsRunningMax = 2;
    const students = await Promise.all(Array.from({ length: 6 }, () => test.actor("STUDENT")));
    await Promise.all(
      students.map((actor) => startAttempt(test.deps, actor, { labId: "sample", mode: "PRACTICE" })),
    );
    expect(test.clusterd.labs.size).toBe(2);
  });
});

describe("faults", () => {
  it("keeps trying while the lab service is down, then starts", async () => {
    test.clusterd.failures.set("lab.start", new AppError("unavailable", "clusterd is down."));
    const { attemptId } = await startAttempt(test.deps, student, { labId: "sample", mode: "PRACTICE" });
    const waiting = await getStart(test.deps, student, { attemptId });
    expect(waiting).toMatchObject({ state: "PREPARING" });
    expect(waiting.problem).toContain("does not answer");
    test.clusterd.failures.clear();
    await test.clock.advance(10_000);
    await sweep(test.deps);
    expect((await getStart(test.deps, student, { attemptId })).state).toBe("RUNNING");
  });

  it("ends an attempt whose lab fails to start, with the reason, and cleans up", async () => {
    test.clusterd.readyAtOnce = false;
    const { attemptId } = await startAttempt(test.deps, student, { labId: "sample", mode: "EXAM" });
    test.clusterd.finish(`a-${attemptId}`, "failed");
    expect(await getStart(test.deps, student, { attemptId })).toMatchObject({
      state: "FAILED",
      mode: "EXAM", // what the page starts again
      problem: "The node controlplane did not start.",
    });
    expect(test.clusterd.calls).toContain(`lab.stop a-${attemptId}`);
    expect((await startAttempt(test.deps, student, { labId: "sample", mode: "PRACTICE" })).created).toBe(
      true,
    );
  });

  it("grades later when clusterd is down, and once when several try", async () => {
    const attemptId = await running(student);
    await submitAttempt(test.deps, student, { attemptId });
    test.clusterd.failures.set("check.run", new AppError("unavailable", "clusterd is down."));
    await sweep(test.deps);
    expect(await getResult(test.deps, student, { attemptId })).toMatchObject({ state: "GRADING" });
    test.clusterd.failures.clear();
    await test.clock.advance(60_000);
    await Promise.all([sweep(test.deps), sweep(test.deps), gradeAttempt(test.deps, attemptId)]);
    const result = await getResult(test.deps, student, { attemptId });
    expect(result.state).toBe("GRADED");
    expect(result.scores).toHaveLength(1);
    expect(await test.deps.db.checkResult.count({ where: { attemptId, purpose: "GRADING" } })).toBe(4);
  });

  it("cuts the terminals before it looks at the cluster, and leaves the shells to what runs in them", async () => {
    const attemptId = await running(student);
    await submitAttempt(test.deps, student, { attemptId });
    let cutBefore: string[] | undefined;
    const judge = test.clusterd.judge;
    test.clusterd.judge = (request, question) => {
      cutBefore ??= [...test.terminald.cut, ...test.terminald.closed];
      return judge(request, question);
    };
    await gradeAttempt(test.deps, attemptId);
    expect(cutBefore).toEqual([`a-${attemptId}`]);
    expect(test.terminald.closed).toEqual([]);
  });

  it("neither a freeze that hangs nor a check that hangs keeps others from their grades", async () => {
    test.deps.keepEndStatesMs = 1000;
    const [frozen, slow, waiting] = [await running(student), await running(other), await running(grader)];
    const never = new Promise<never>(() => undefined);
    const { call } = test.clusterd;
    test.clusterd.call = (method, input) => {
      const { labId } = input as { labId?: string };
      const hangs = method === "lab.freeze" || (method === "check.run" && labId === `a-${slow}`);
      return hangs ? never : call(method, input);
    };
    const stop = new AbortController();
    const sweeping = sweepForever(test.deps, test.clock, stop.signal);
    const stateOf = async (id: string) =>
      (await test.deps.db.attempt.findUniqueOrThrow({ where: { id } })).state;
    const becomes = (id: string, state: string) =>
      vi.waitFor(
        async () => {
          await test.clock.advance(1000);
          expect(await stateOf(id)).toBe(state);
        },
        { timeout: 60_000, interval: 20 },
      );
    try {
      await submitAttempt(test.deps, student, { attemptId: frozen });
      await becomes(frozen, "GRADED");
      await submitAttempt(test.deps, other, { attemptId: slow });
      await becomes(slow, "GRADING");
      await submitAttempt(test.deps, grader, { attemptId: waiting });
      await becomes(waiting, "GRADED");
      const late = await running(await test.actor("STUDENT"));
      const deadlineAt = new Date(test.clock.now());
      await test.deps.db.attempt.update({ where: { id: late }, data: { deadlineAt } });
      await becomes(late, "GRADED");
      expect(await stateOf(slow)).toBe("GRADING");
    } finally {
      stop.abort();
      // The loop of the freeze never ends; the others do.
      await Promise.race([sweeping, new Promise((resolve) => setTimeout(resolve, 200))]);
    }
  });

  it("follows a process that died while it graded within seconds, and one that is slow not at all", async () => {
    const died = await running(student);
    await submitAttempt(test.deps, student, { attemptId: died });
    await test.deps.db.attempt.update({
      where: { id: died },
      data: { state: "GRADING", gradingTries: 1, nextTryAt: new Date(test.clock.now() + gradingLeaseMs) },
    });
    await sweep(test.deps);
    expect((await getResult(test.deps, student, { attemptId: died })).state).toBe("GRADING");
    await test.clock.advance(20_000);
    await sweep(test.deps);
    expect((await getResult(test.deps, student, { attemptId: died })).state).toBe("GRADED");

    const slow = await running(other);
    await submitAttempt(test.deps, other, { attemptId: slow });
    let finish: (() => void) | undefined;
    const { call } = test.clusterd;
    test.clusterd.call = async (method, input) => {
      if (method === "check.run") await new Promise<void>((resolve) => (finish = resolve));
      return call(method, input);
    };
    const grading = gradeAttempt(test.deps, slow);
    await vi.waitFor(() => expect(finish).toBeDefined(), { timeout: 60_000 });
    const nextTryAt = async () =>
      (await test.deps.db.attempt.findUniqueOrThrow({ where: { id: slow } })).nextTryAt!.getTime();
    for (let i = 0; i < 4; i++) {
      await test.clock.advance(gradingLeaseMs / 2);
      await vi.waitFor(async () => expect(await nextTryAt()).toBeGreaterThan(test.clock.now()), {
        timeout: 60_000,
      });
      await gradeAttempt(test.deps, slow); // another process: it leaves it alone
    }
    finish!();
    await grading;
    const { gradingTries } = await test.deps.db.attempt.findUniqueOrThrow({ where: { id: slow } });
    expect(gradingTries).toBe(1);
    expect((await getResult(test.deps, other, { attemptId: slow })).scores).toHaveLength(1);
  });

  it("does not wait for ever for a lab that stays between frozen and ready", async () => {
    const attemptId = await running(student);
    const { call } = test.clusterd;
    test.clusterd.call = async (method, input) => {
      if (method !== "lab.status") return call(method, input);
      await test.clock.advance(5000);
      return {
        ...((await call("lab.status", { labId: `a-${attemptId}` })) as object),
        phase: "freezing",
      } as never;
    };
    await expect(checkQuestion(test.deps, student, { attemptId, questionId: "count" })).rejects.toMatchObject(
      { code: "unavailable" },
    );
  });

  it("ends graded with ungradable questions when the lab is lost, for a person to look at", async () => {
    const attemptId = await running(student);
    test.clusterd.labs.clear();
    await submitAttempt(test.deps, student, { attemptId });
    for (let i = 0; i < 8; i++) {
      await sweep(test.deps);
      await test.clock.advance(120_000);
    }
    const result = await getResult(test.deps, student, { attemptId });
    expect(result.state).toBe("GRADED");
    expect(result.questions.every(({ outcome }) => outcome === "ungradable")).toBe(true);
    const page = await listAttempts(test.deps, grader, { needsReview: true });
    expect(page.attempts.map(({ id }) => id)).toEqual([attemptId]);
  });

  it("offers to build a lost lab again, with the same values, and only a lost one", async () => {
    const attemptId = await running(student);
    const health = () => labHealth(test.deps, student, { attemptId });
    expect(await health()).toEqual({ state: "ready" });
    await expect(rebuildLab(test.deps, student, { attemptId })).rejects.toMatchObject({ code: "conflict" });
    test.clusterd.failures.set("lab.status", new AppError("unavailable", "clusterd is down."));
    expect(await health()).toEqual({ state: "unknown" });
    test.clusterd.failures.clear();
    test.clusterd.labs.clear();
    expect(await health()).toEqual({ state: "lost" });
    await expect(rebuildLab(test.deps, other, { attemptId })).rejects.toMatchObject({ code: "not-found" });
    await rebuildLab(test.deps, student, { attemptId });
    expect(await health()).toEqual({ state: "ready" });
    expect((await getAttempt(test.deps, student, { attemptId })).state).toBe("RUNNING");
  });

  it("vetoes the score when a guard fails", async () => {
    const judge = test.clusterd.judge;
    test.clusterd.judge = (request, question) =>
      question.questionId === "untouched"
        ? { ...judge(request, question), outcome: "failed", points: 0 }
        : judge(request, question);
    const attemptId = await graded(student);
    const { score, guards } = await getResult(test.deps, student, { attemptId });
    expect(score).toMatchObject({ points: 0, vetoed: true, passed: false });
    expect(guards).toHaveLength(1);
    await overrideScore(test.deps, grader, { attemptId, change: { vetoed: false }, reason: "It was us." });
    expect((await getResult(test.deps, student, { attemptId })).score).toMatchObject({ points: 2 });
  });
});

describe("what others may not do", () => {
  it("another student finds nothing of an attempt: view, start, answers, checks, hints, terminal, recordings", async () => {
    const attemptId = await running(student);
    const attempts: (() => Promise<unknown>)[] = [
      () => getAttempt(test.deps, other, { attemptId }),
      () => getStart(test.deps, other, { attemptId }),
      () => getResult(test.deps, other, { attemptId }),
      () => saveAnswer(test.deps, other, { attemptId, questionId: "count", value: "x" }),
      () => setFlag(test.deps, other, { attemptId, questionId: "count", flagged: true }),
      () => revealHint(test.deps, other, { attemptId, questionId: "count" }),
      () => checkQuestion(test.deps, other, { attemptId, questionId: "count" }),
      () => submitAttempt(test.deps, other, { attemptId }),
      () => abandonAttempt(test.deps, other, { attemptId }),
      () => terminalAccess(test.deps, other, { attemptId }),
      () => labHealth(test.deps, other, { attemptId }),
      () => listRecordings(test.deps, other, { attemptId }),
      () => openRecording(test.deps, other, { attemptId, sessionId: "s1" }),
    ];
    for (const attack of attempts) await expect(attack()).rejects.toMatchObject({ code: "not-found" });
    expect((await listOwnAttempts(test.deps, other)).total).toBe(0);
    expect((await getAttempt(test.deps, student, { attemptId })).state).toBe("RUNNING");
  });

  it("a grader reads, but does not work in, submit or give up a student's attempt", async () => {
    const attemptId = await running(student);
    expect((await getResult(test.deps, grader, { attemptId })).student.id).toBe(student.userId);
    for (const attack of [
      () => getAttempt(test.deps, grader, { attemptId }),
      () => saveAnswer(test.deps, grader, { attemptId, questionId: "count", value: "x" }),
      () => submitAttempt(test.deps, grader, { attemptId }),
      () => abandonAttempt(test.deps, grader, { attemptId }),
      () => terminalAccess(test.deps, grader, { attemptId }),
    ])
      await expect(attack()).rejects.toMatchObject({ code: "not-found" });
  });

  it("students neither list others' attempts nor change scores, and graders not their own", async () => {
    const attemptId = await graded(student);
    await expect(listAttempts(test.deps, student)).rejects.toMatchObject({ code: "forbidden" });
    const change = { questionId: "address", points: 2 };
    await expect(
      overrideScore(test.deps, student, { attemptId, change, reason: "I want it" }),
    ).rejects.toMatchObject({ code: "forbidden" });
    const own = await graded(grader);
    await expect(
      overrideScore(test.deps, grader, { attemptId: own, change, reason: "I want it" }),
    ).rejects.toMatchObject({ code: "forbidden" });
  });

  it("hides a running attempt's recordings from its student and foreign sessions from everybody", async () => {
    const attemptId = await running(student);
    test.terminald.recordings.set(`a-${attemptId}`, new Map([["s1", '{"version":2}\n']]));
    test.terminald.recordings.set("a-other", new Map([["s2", "secret"]]));
    await expect(listRecordings(test.deps, student, { attemptId })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await listRecordings(test.deps, grader, { attemptId })).toHaveLength(1);
    await expect(openRecording(test.deps, grader, { attemptId, sessionId: "s2" })).rejects.toMatchObject({
      code: "not-found",
    });
    const { socket } = await openRecording(test.deps, grader, { attemptId, sessionId: "s1" });
    socket.destroy();
  });

  it("gives a terminal only of the lab's own nodes, and only while the attempt runs", async () => {
    const attemptId = await running(student);
    expect(await terminalAccess(test.deps, student, { attemptId, node: "node01" })).toMatchObject({
      labId: `a-${attemptId}`,
    });
    await expect(terminalAccess(test.deps, student, { attemptId, node: "host" })).rejects.toMatchObject({
      code: "not-found",
    });
    await submitAttempt(test.deps, student, { attemptId });
    await expect(terminalAccess(test.deps, student, { attemptId })).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

describe("overrides", () => {
  it("append to the history with reason and grader, and refuse impossible points", async () => {
    const attemptId = await graded(student);
    expect((await getResult(test.deps, student, { attemptId })).score).toMatchObject({ points: 2 });
    const give = (points: number, reason = "Right but for the case") =>
      overrideScore(test.deps, grader, { attemptId, change: { questionId: "address", points }, reason });
    await expect(give(3)).rejects.toThrow("0 to 2 points");
    await expect(give(1, " ")).rejects.toThrow("Give a reason");
    await give(1.5);
    await give(2);
    const result = await getResult(test.deps, student, { attemptId });
    expect(result.scores.map(({ points, grader: by }) => [points, by])).toEqual([
      [2, undefined],
      [3.5, grader.name],
      [4, grader.name],
    ]);
    expect(result.questions[1]).toMatchObject({ points: 2, overridden: true, outcome: "failed" });
    expect(await test.deps.db.auditEntry.count({ where: { target: attemptId } })).toBe(2);
  });

  it("of two graders at the same moment, the second is asked to look again", async () => {
    const attemptId = await graded(student);
    const second = await test.actor("GRADER");
    const give = (actor: Actor, db = test.deps.db) =>
      overrideScore({ ...test.deps, db }, actor, {
        attemptId,
        change: { questionId: "address", points: 1 },
        reason: "Same time",
      });
    // The first one's score comes when the second has read the former and is about to write its own.
    const overtaken = new Proxy(test.deps.db, {
      get(db, name) {
        const member: unknown = Reflect.get(db, name);
        if (name !== "$transaction") return member;
        return async (...work: unknown[]) => {
          await give(grader);
          return (member as (...work: unknown[]) => Promise<unknown>).apply(db, work);
        };
      },
    });
    await expect(give(second, overtaken)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("Another grader has just changed this score.") as string,
    });
    const { scores } = await getResult(test.deps, student, { attemptId });
    expect(scores.map(({ sequence, grader: by }) => [sequence, by])).toEqual([
      [1, undefined],
      [2, grader.name],
    ]);
  });
});

describe("lists", () => {
  it("search, filter and page", async () => {
    for (let i = 0; i < 3; i++) await graded(student);
    await running(other);
    expect((await listAttempts(test.deps, grader, { pageSize: 2 })).pages).toBe(2);
    expect((await listAttempts(test.deps, grader, { pageSize: 2, page: 2 })).attempts).toHaveLength(2);
    expect((await listAttempts(test.deps, grader, { search: other.username })).total).toBe(1);
    expect((await listAttempts(test.deps, grader, { state: "GRADED" })).total).toBe(3);
    expect((await listAttempts(test.deps, grader, { search: "%" })).total).toBe(0);
  });
});
