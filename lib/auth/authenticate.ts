import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Db } from "@/lib/db/client";
import { verifyPassword } from "./passwords";
import { countEvent, forgetEvents, uncountEvent, type Limit } from "./rate-limit";
import type { Role } from "./roles";

/** A right password gives its count back: a class room behind one address signs in at once without being stopped. */
const perAccount: Limit = { max: 10, windowMs: 5 * 60_000 };
const perAddress: Limit = { max: 200, windowMs: 5 * 60_000 };

export interface SignedIn {
  userId: string;
  username: string;
  name: string;
  role: Role;
  epoch: number;
}

/**
 * Checks a user name (or e-mail) and password. Throws `unauthenticated` with one and the same sentence whatever was
 * wrong, and `exhausted` after too many failures of the account or the address.
 */
export async function authenticate(
  deps: { db: Db; clock: Clock },
  input: { username: string; password: string; address: string | undefined },
): Promise<SignedIn> {
  const { db, clock } = deps;
  const login = input.username.trim().toLowerCase().slice(0, 200);
  const account = `sign-in:account:${login}`;
  const address = input.address && `sign-in:address:${input.address}`;
  // Counted before the password is looked at, so that many guesses at once do not slip through.
  await count(db, clock, account, perAccount);
  if (address) await count(db, clock, address, perAddress);
  const user = await db.user.findFirst({ where: { OR: [{ username: login }, { email: login }] } });
  const right = await verifyPassword(user?.passwordHash, input.password.slice(0, 200));
  if (!user || !right || user.disabledAt)
    throw new AppError("unauthenticated", "The user name or the password is not right.");
  await forgetEvents(db, account);
  if (address) await uncountEvent(db, address);
  await db.user.update({ where: { id: user.id }, data: { lastSignInAt: new Date(clock.now()) } });
  return {
    userId: user.id,
    username: user.username,
    name: user.name,
    role: user.role,
    epoch: user.sessionEpoch,
  };
}

async function count(db: Db, clock: Clock, key: string, limit: Limit): Promise<void> {
  const { allowed, windowEndsAtMs } = await countEvent(db, clock, key, limit);
  if (allowed) return;
  const minutes = Math.max(1, Math.ceil((windowEndsAtMs - clock.now()) / 60_000));
  throw new AppError(
    "exhausted",
    `Too many failed sign-ins. Wait ${minutes === 1 ? "a minute" : `${minutes} minutes`} and try again.`,
  );
}
