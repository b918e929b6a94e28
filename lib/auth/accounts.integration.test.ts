import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { startTestDatabase, type TestDatabase } from "@/lib/db/testing";
import { authenticate } from "./authenticate";
import { newUser } from "./fields";
import { resolveActor } from "./resolve-actor";
import type { Actor } from "./roles";
import {
  changeOwnPassword,
  createUser,
  listUsers,
  resetPassword,
  setUserDisabled,
  setUserRole,
} from "./users";

let database: TestDatabase;
const clock = new ManualClock();
const deps = () => ({ db: database.db, clock });
let admin: Actor;
let student: Actor;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());
beforeEach(async () => {
  await database.db.$executeRaw`TRUNCATE users, audit_entries, rate_limits CASCADE`;
  admin = await person("ada", "ADMIN");
  student = await person("sam", "STUDENT");
});

const password = "right horse battery";
async function person(username: string, role: Actor["role"]): Promise<Actor> {
  const input = newUser.parse({ username, name: username, email: `${username}@example.org`, role, password });
  const userId = await createUser(deps(), "system", input);
  return { userId, username, name: username, role };
}
const signIn = (username: string, given = password, address?: string) =>
  authenticate(deps(), { username, password: given, address });

describe("signing in", () => {
  it("takes user name or e-mail in any case, and the right password only", async () => {
    expect((await signIn(" SAM ")).userId).toBe(student.userId);
    expect((await signIn("Sam@Example.org")).userId).toBe(student.userId);
    await expect(signIn("sam", "wrong")).rejects.toThrow("not right");
  });

  it("says the same of a wrong password, an unknown and a disabled account", async () => {
    await setUserDisabled(deps(), admin, { userId: student.userId, disabled: true });
    const sentences = await Promise.all(
      [signIn("ada", "wrong"), signIn("nobody", "wrong"), signIn("sam")].map((attempt) =>
        attempt.then(
          () => "in",
          (failure: Error) => failure.message,
        ),
      ),
    );
    expect(new Set(sentences).size).toBe(1);
    expect(sentences[0]).not.toBe("in");
  });

  it("stops guessing at an account, also with the right password, until the window is over", async () => {
    const guesses = await Promise.allSettled(
      Array.from({ length: 14 }, (_, i) => signIn("sam", `guess ${i}`)),
    );
    const sentences = guesses.map((guess) => (guess as PromiseRejectedResult).reason as Error);
    expect(sentences.filter(({ message }) => message.includes("not right"))).toHaveLength(10);
    await expect(signIn("sam")).rejects.toMatchObject({ code: "exhausted" });
    await expect(signIn("ada")).resolves.toBeDefined();
    await clock.advance(5 * 60_000);
    await expect(signIn("sam")).resolves.toBeDefined();
  });

  it("stops guessing from an address over many accounts", async () => {
    await signIn("ada", password, "10.0.0.9");
    await database.db.rateLimit.update({ where: { key: "sign-in:address:10.0.0.9" }, data: { count: 199 } });
    await expect(signIn("nobody", "guess", "10.0.0.9")).rejects.toThrow("not right");
    await expect(signIn("ada", password, "10.0.0.9")).rejects.toMatchObject({ code: "exhausted" });
    await expect(signIn("ada", password, "10.0.0.10")).resolves.toBeDefined();
  });

  it("keeps passwords as argon2id hashes only", async () => {
    const user = await database.db.user.findUniqueOrThrow({ where: { id: student.userId } });
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});

describe("a session", () => {
  it("ends at once when the account is disabled or gets a new password", async () => {
    const { userId, epoch } = await signIn("sam");
    expect(await resolveActor(database.db, { userId, epoch })).toMatchObject({ username: "sam" });
    await resetPassword(deps(), admin, { userId, password: "another password" });
    expect(await resolveActor(database.db, { userId, epoch })).toBeUndefined();

    const again = await signIn("sam", "another password");
    await setUserDisabled(deps(), admin, { userId, disabled: true });
    await setUserDisabled(deps(), admin, { userId, disabled: false });
    expect(await resolveActor(database.db, again)).toBeUndefined();
  });

  it("has the role that the account has now", async () => {
    const session = await signIn("sam");
    await setUserRole(deps(), admin, { userId: student.userId, role: "GRADER" });
    expect(await resolveActor(database.db, session)).toMatchObject({ role: "GRADER" });
  });

  it("ends when the person changes the password, which takes the current one", async () => {
    const session = await signIn("sam");
    await expect(
      changeOwnPassword(deps(), student, { current: "wrong", password: "another password" }),
    ).rejects.toThrow("current password");
    await changeOwnPassword(deps(), student, { current: password, password: "another password" });
    expect(await resolveActor(database.db, session)).toBeUndefined();
  });
});

describe("managing accounts", () => {
  it("is for administrators", async () => {
    const grader = await person("grace", "GRADER");
    for (const actor of [student, grader]) {
      const attacks = [
        () => listUsers(deps(), actor),
        () =>
          createUser(deps(), actor, { username: "x", name: "x", email: undefined, role: "ADMIN", password }),
        () => setUserRole(deps(), actor, { userId: actor.userId, role: "ADMIN" }),
        () => setUserDisabled(deps(), actor, { userId: admin.userId, disabled: true }),
        () => resetPassword(deps(), actor, { userId: admin.userId, password: "another password" }),
      ];
      for (const attack of attacks) await expect(attack()).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  it("never gives hashes out and records who did what", async () => {
    const users = await listUsers(deps(), admin, { search: "sam" });
    expect(users).toHaveLength(1);
    expect(JSON.stringify(users)).not.toContain("argon2");
    await setUserRole(deps(), admin, { userId: student.userId, role: "GRADER" });
    const entries = await database.db.auditEntry.findMany({ where: { actorId: admin.userId } });
    expect(entries.map(({ action, target }) => [action, target])).toEqual([["user.role", student.userId]]);
  });

  it("keeps a last administrator, and everybody from locking themselves out", async () => {
    await expect(setUserDisabled(deps(), admin, { userId: admin.userId, disabled: true })).rejects.toThrow(
      "own",
    );
    await expect(setUserRole(deps(), "system", { userId: admin.userId, role: "STUDENT" })).rejects.toThrow(
      "last administrator",
    );
    const second = await person("abe", "ADMIN");
    const outcomes = await Promise.allSettled([
      setUserDisabled(deps(), admin, { userId: second.userId, disabled: true }),
      setUserDisabled(deps(), second, { userId: admin.userId, disabled: true }),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("refuses a user name or e-mail that is taken", async () => {
    await expect(person("sam", "STUDENT")).rejects.toMatchObject({ code: "conflict" });
  });
});
