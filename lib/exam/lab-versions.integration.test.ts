import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "@/lib/auth/roles";
import { startTestDatabase } from "@/lib/db/testing";
import { getAttempt } from "./get-attempt";
import { getStart } from "./get-start";
import { getVersion, listAdminLabs, listVersions, publishVersion, saveDraft } from "./lab-versions";
import { seed } from "./seed";
import { startAttempt } from "./start-attempt";
import { startExamTest, type ExamTest } from "./testing/exam-test";
import { sampleLab } from "./testing/sample-lab";
import { validateVersion } from "./validate-version";

let test: ExamTest;
let admin: Actor;
beforeAll(async () => {
  test = await startExamTest();
});
afterAll(() => test.stop());
beforeEach(async () => {
  await test.reset();
  admin = await test.actor("ADMIN");
});

let edits = 0;
const edited = () => ({
  ...sampleLab,
  "questions/count.md": `How many nodes, ${++edits}?\n\n# Explanation\n\nTwo.\n`,
});
const draft = (files = edited()) => saveDraft(test.deps, admin, { labId: "sample", files, message: "" });

describe("lab versions", () => {
  it("are the same for the same files, and a new number for others", async () => {
    const files = edited();
    const first = await draft(files);
    expect(await draft(files)).toMatchObject({ versionId: first.versionId, created: false });
    expect((await draft()).number).toBe(first.number + 1);
  });

  it("refuse files that do not hold, with every problem and its place", async () => {
    const broken = { ...sampleLab, "checks.ts": `let x: = 3;\n${sampleLab["checks.ts"]}` };
    await expect(draft(broken as never)).rejects.toMatchObject({
      code: "invalid",
      details: { problems: [expect.objectContaining({ file: "checks.ts", line: 1 })] },
    });
    const foreign = { ...sampleLab, "lab.yaml": sampleLab["lab.yaml"]!.replace("id: sample", "id: other") };
    await expect(draft(foreign as never)).rejects.toThrow("keeps its id");
  });

  it("are published only when validated, and leave running attempts as they were", async () => {
    const student = await test.actor("STUDENT");
    const { attemptId } = await startAttempt(test.deps, student, { labId: "sample", mode: "PRACTICE" });
    await getStart(test.deps, student, { attemptId });
    const { versionId } = await draft();
    await expect(publishVersion(test.deps, admin, versionId)).rejects.toMatchObject({ code: "conflict" });
    await test.deps.db.labVersion.update({ where: { id: versionId }, data: { validation: "PASSED" } });
    await publishVersion(test.deps, admin, versionId);
    const versions = await listVersions(test.deps, admin, "sample");
    expect(versions.filter(({ current }) => current).map(({ id }) => id)).toEqual([versionId]);
    const view = await getAttempt(test.deps, student, { attemptId });
    expect(view.questions[0]!.body).toBe("How many nodes are there?");
    const other = await test.actor("STUDENT");
    const next = await startAttempt(test.deps, other, { labId: "sample", mode: "PRACTICE" });
    await getStart(test.deps, other, next);
    expect((await getAttempt(test.deps, other, next)).questions[0]!.body).toMatch(/^How many nodes, /);
  });

  it("store how their validation goes, step by step, also when it fails", async () => {
    const { versionId } = await draft();
    const { done } = await validateVersion(test.deps, admin, versionId);
    await expect(validateVersion(test.deps, admin, versionId)).rejects.toMatchObject({ code: "conflict" });
    expect(await done).toBe(false); // the sample has no solution
    const version = await getVersion(test.deps, admin, versionId);
    expect(version.validation).toBe("FAILED");
    expect(version.validationSteps.map(({ step }) => step)).toContain("files");
    expect(version.publishable).toBe(false);
    expect(test.clusterd.labs.size).toBe(0);
  });

  it("are for administrators", async () => {
    const { versionId } = await draft();
    for (const role of ["STUDENT", "GRADER"] as const) {
      const actor = await test.actor(role);
      for (const attack of [
        () => listAdminLabs(test.deps, actor),
        () => listVersions(test.deps, actor, "sample"),
        () => getVersion(test.deps, actor, versionId),
        () => saveDraft(test.deps, actor, { labId: "sample", files: edited(), message: "" }),
        () => validateVersion(test.deps, actor, versionId),
        () => publishVersion(test.deps, actor, versionId),
      ])
        await expect(attack()).rejects.toMatchObject({ code: "forbidden" });
    }
  });
});

describe("seed", () => {
  it("adds labs and first accounts once, with passwords only the host's root can read", async () => {
    const database = await startTestDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), "seed-"));
    try {
      const options = { databaseUrl: database.url, dataDir, env: { EXAMCTL_PASSWORD_ADMIN: "from outside" } };
      const first = await seed(options);
      expect(first.labs.map(({ change }) => change)).not.toContain("unchanged");
      expect(first.users.map(({ username, source }) => `${username} ${source}`)).toEqual([
        "admin environment",
        "grader random",
        "student random",
        "student2 random",
      ]);
      expect((await stat(first.passwordsFile!)).mode & 0o777).toBe(0o600);
      const written = JSON.parse(await readFile(first.passwordsFile!, "utf8")) as Record<string, string>;
      expect(Object.keys(written)).toEqual(["grader", "student", "student2"]);
      expect(new Set(Object.values(written)).size).toBe(3);

      const second = await seed(options);
      expect(second.users).toEqual([]);
      expect(new Set(second.labs.map(({ change }) => change))).toEqual(new Set(["unchanged"]));
    } finally {
      await database.stop();
      await rm(dataDir, { recursive: true });
    }
  });
});
