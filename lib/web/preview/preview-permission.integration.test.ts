import { afterAll, beforeAll, expect, test } from "vitest";
import { getStart } from "@/lib/exam/get-start";
import { previewAccess } from "@/lib/exam/preview-access";
import { startAttempt } from "@/lib/exam/start-attempt";
import { submitAttempt } from "@/lib/exam/submit-attempt";
import { startExamTest, type ExamTest } from "@/lib/exam/testing/exam-test";
import { authorisePreview } from "./preview-permission";

let exam: ExamTest;
beforeAll(async () => {
  exam = await startExamTest();
});
afterAll(() => exam.stop());

test("the owner may look and send, graders look, nobody else knows of it; all as long as it lasts", async () => {
  const { deps } = exam;
  const [student, other, grader, admin] = [
    await exam.actor("STUDENT"),
    await exam.actor("STUDENT"),
    await exam.actor("GRADER"),
    await exam.actor("ADMIN"),
  ];
  const { attemptId } = await startAttempt(deps, student, { labId: "sample", mode: "PRACTICE" });
  await getStart(deps, student, { attemptId });
  const { clusterLabId } = await deps.db.attempt.findUniqueOrThrow({ where: { id: attemptId } });
  const place = { node: "controlplane", port: 80, scheme: "http" as const };
  const ask = ({ userId }: { userId: string }, changes = false, epoch = 0) =>
    authorisePreview(deps, { userId, epoch, attemptId, place }, changes);

  expect(await ask(student, true)).toBe(clusterLabId);
  for (const who of [grader, admin]) {
    expect(await ask(who)).toBe(clusterLabId);
    await expect(ask(who, true)).rejects.toMatchObject({ code: "forbidden" });
  }
  for (const changes of [false, true])
    await expect(ask(other, changes)).rejects.toMatchObject({ code: "not-found" });
  await expect(previewAccess(deps, other, { attemptId })).rejects.toMatchObject({ code: "not-found" });
  expect(await previewAccess(deps, student, { attemptId })).toMatchObject({ readOnly: false });
  expect(await previewAccess(deps, grader, { attemptId })).toMatchObject({ readOnly: true });

  await expect(ask(student, false, 1)).rejects.toMatchObject({ code: "unauthenticated" });
  await deps.db.user.update({ where: { id: grader.userId }, data: { role: "STUDENT" } });
  await expect(ask(grader)).rejects.toMatchObject({ code: "not-found" });
  await deps.db.user.update({ where: { id: admin.userId }, data: { disabledAt: new Date() } });
  await expect(ask(admin)).rejects.toMatchObject({ code: "unauthenticated" });
  await submitAttempt(deps, student, { attemptId });
  await expect(ask(student)).rejects.toMatchObject({ code: "conflict" });
});
