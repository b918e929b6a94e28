import "server-only";
import { cache } from "react";
import { getServerSession } from "next-auth";
import { authOptions, type SessionClaims } from "@/lib/auth/options";
import { resolveActor } from "@/lib/auth/resolve-actor";
import { hasRole, type Actor, type Role } from "@/lib/auth/roles";
import { AppError } from "@/lib/core/app-error";
import { notFound, redirect } from "next/navigation";
import { deps } from "./deps";

export function options() {
  const { db, clock, logger, authSecret, config } = deps();
  return authOptions({ db, clock, logger, secret: authSecret, publicUrl: config.publicUrl });
}

export interface CurrentSession {
  actor: Actor;
  /** Of the account when it signed in: terminal tickets carry it on. */
  epoch: number;
}

/** Who is signed in, as the database has it now; read once a request. */
export const currentSession = cache(async (): Promise<CurrentSession | undefined> => {
  const session = (await getServerSession(options())) as { claims?: SessionClaims } | null;
  const actor = session?.claims && (await resolveActor(deps().db, session.claims));
  return actor ? { actor, epoch: session.claims!.epoch } : undefined;
});

export async function currentActor(): Promise<Actor | undefined> {
  return (await currentSession())?.actor;
}

/** For pages: sends who is not signed in to the sign-in page, and hides pages of other roles. */
export async function pageActor(...roles: Role[]): Promise<Actor> {
  const actor = await currentActor();
  if (!actor) redirect("/sign-in");
  if (roles.length > 0 && !hasRole(actor, ...roles)) notFound();
  return actor;
}

/** For routes and actions. Throws `unauthenticated`. */
export async function requireSession(): Promise<CurrentSession> {
  const session = await currentSession();
  if (!session) throw new AppError("unauthenticated", "Your session has ended. Sign in again.");
  return session;
}
