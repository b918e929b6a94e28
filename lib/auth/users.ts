import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import { isUniqueViolation, type Db, type DbTransaction } from "@/lib/db/client";
import { likeText } from "@/lib/db/like-text";
import { recordAudit } from "@/lib/db/record-audit";
import type { NewUser } from "./fields";
import { hashPassword, verifyPassword } from "./passwords";
import { requireRole, type Actor, type Role } from "./roles";

export interface UserDeps {
  db: Db;
  clock: Clock;
}

/** "system" is the command line and the seed: whoever may run them on the host is trusted. */
export type UserAdmin = Actor | "system";

export interface UserSummary {
  id: string;
  username: string;
  name: string;
  email: string | null;
  role: Role;
  disabledAt: Date | null;
  lastSignInAt: Date | null;
  createdAt: Date;
  attempts: number;
}

/** All accounts by user name; `search` matches user name, name and e-mail. */
export async function listUsers(
  deps: UserDeps,
  admin: UserAdmin,
  options: { search?: string } = {},
): Promise<UserSummary[]> {
  requireAdmin(admin);
  const contains = { contains: likeText(options.search ?? ""), mode: "insensitive" as const };
  const users = await deps.db.user.findMany({
    where: options.search ? { OR: [{ username: contains }, { name: contains }, { email: contains }] } : {},
    orderBy: { username: "asc" },
    include: { _count: { select: { attempts: true } } },
    take: 1000,
  });
  return users.map(({ passwordHash: _hash, sessionEpoch: _epoch, _count, ...user }) => ({
    ...user,
    attempts: _count.attempts,
  }));
}

/** Returns the new account's id. Throws `conflict` when the user name or e-mail is taken. */
export async function createUser(deps: UserDeps, admin: UserAdmin, input: NewUser): Promise<string> {
  requireAdmin(admin);
  const { password, email, ...rest } = input;
  const passwordHash = await hashPassword(password);
  const id = randomId();
  try {
    await deps.db.$transaction(async (tx) => {
      await tx.user.create({
        data: { id, ...rest, email: email ?? null, passwordHash, createdAt: new Date(deps.clock.now()) },
      });
      await audit(tx, admin, "user.create", id, { username: rest.username, role: rest.role });
    });
  } catch (failure) {
    if (isUniqueViolation(failure))
      throw new AppError("conflict", `The user name "${rest.username}" or the e-mail address is taken.`);
    throw failure;
  }
  return id;
}

/** A disabled account cannot sign in and its sessions end at once; its attempts stay. */
export async function setUserDisabled(
  deps: UserDeps,
  admin: UserAdmin,
  input: { userId: string; disabled: boolean },
): Promise<void> {
  requireAdmin(admin);
  refuseSelf(admin, input.userId, "You cannot disable your own account.");
  await deps.db.$transaction(async (tx) => {
    if (input.disabled) await keepOneAdmin(tx, input.userId);
    await tx.user.update({
      where: { id: (await findUser(tx, input.userId)).id },
      data: {
        disabledAt: input.disabled ? new Date(deps.clock.now()) : null,
        sessionEpoch: { increment: 1 },
      },
    });
    await audit(tx, admin, input.disabled ? "user.disable" : "user.enable", input.userId);
  });
}

export async function setUserRole(
  deps: UserDeps,
  admin: UserAdmin,
  input: { userId: string; role: Role },
): Promise<void> {
  requireAdmin(admin);
  refuseSelf(admin, input.userId, "You cannot change your own role: ask another administrator.");
  await deps.db.$transaction(async (tx) => {
    if (input.role !== "ADMIN") await keepOneAdmin(tx, input.userId);
    await tx.user.update({
      where: { id: (await findUser(tx, input.userId)).id },
      data: { role: input.role },
    });
    await audit(tx, admin, "user.role", input.userId, { role: input.role });
  });
}

/** Sets a new password; all sessions of the account end. */
export async function resetPassword(
  deps: UserDeps,
  admin: UserAdmin,
  input: { userId: string; password: string },
): Promise<void> {
  requireAdmin(admin);
  const passwordHash = await hashPassword(input.password);
  await deps.db.$transaction(async (tx) => {
    await tx.user.update({
      where: { id: (await findUser(tx, input.userId)).id },
      data: { passwordHash, sessionEpoch: { increment: 1 } },
    });
    await audit(tx, admin, "user.password-reset", input.userId);
  });
}

/** For everyone's own account. Throws `invalid` when the current password is not right. */
export async function changeOwnPassword(
  deps: UserDeps,
  actor: Actor,
  input: { current: string; password: string },
): Promise<void> {
  const user = await findUser(deps.db, actor.userId);
  if (!(await verifyPassword(user.passwordHash, input.current)))
    throw new AppError("invalid", "The current password is not right.");
  const passwordHash = await hashPassword(input.password);
  await deps.db.$transaction(async (tx) => {
    await tx.user.update({ where: { id: user.id }, data: { passwordHash, sessionEpoch: { increment: 1 } } });
    await audit(tx, actor, "user.password-change", user.id);
  });
}

function requireAdmin(admin: UserAdmin): void {
  if (admin !== "system") requireRole(admin, "ADMIN");
}

function refuseSelf(admin: UserAdmin, userId: string, sentence: string): void {
  if (admin !== "system" && admin.userId === userId) throw new AppError("conflict", sentence);
}

async function findUser(db: DbTransaction, userId: string) {
  const user = await db.user.findUnique({ where: { id: userId } });
  if (!user) throw new AppError("not-found", "There is no such account.");
  return user;
}

/** A server that nobody can administer any more is a lost one. */
async function keepOneAdmin(tx: DbTransaction, exceptUserId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM users WHERE role = 'ADMIN' ORDER BY id FOR UPDATE`;
  const others = await tx.user.count({
    where: { role: "ADMIN", disabledAt: null, id: { not: exceptUserId } },
  });
  if (others === 0) throw new AppError("conflict", "This is the last administrator: make another one first.");
}

function audit(tx: DbTransaction, admin: UserAdmin, action: string, target: string, details = {}) {
  return recordAudit(tx, { actorId: admin === "system" ? null : admin.userId, action, target, details });
}
