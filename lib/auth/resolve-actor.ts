import type { Db } from "@/lib/db/client";
import type { Actor } from "./roles";

/**
 * The account behind a session as it is now: undefined when it was disabled, or its password changed, since the
 * session was made. Asked on every request, so that both take effect at once.
 */
export async function resolveActor(
  db: Db,
  session: { userId: string; epoch: number },
): Promise<Actor | undefined> {
  const user = await db.user.findUnique({ where: { id: session.userId } });
  if (!user || user.disabledAt || user.sessionEpoch !== session.epoch) return undefined;
  return { userId: user.id, username: user.username, name: user.name, role: user.role };
}
