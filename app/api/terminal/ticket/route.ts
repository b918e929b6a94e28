import { z } from "zod";
import { route } from "@/app/_server/route";
import { countEvent } from "@/lib/auth/rate-limit";
import { issueTicket, ticketLifetimeMs } from "@/lib/auth/tickets";
import { AppError } from "@/lib/core/app-error";
import { requireTerminalSession } from "@/lib/web/terminal-permission";

/** Windows that reconnect after a restart ask several times a minute each. */
const ticketsPerMinute = { max: 300, windowMs: 60_000 };

/** A ticket for one WebSocket to one terminal of a running attempt; with `watch` a grader only looks on. */
export const POST = route(
  async ({ deps, actor, body }) => {
    const input = { attemptId: body.attemptId, sessionId: body.sessionId, readOnly: body.watch };
    await requireTerminalSession(deps, actor, input);
    if (!(await countEvent(deps.db, deps.clock, `terminal-ticket:${actor.userId}`, ticketsPerMinute)))
      throw new AppError("exhausted", "Too many terminal connections in a minute. Wait a moment.");
    const { sessionEpoch } = await deps.db.user.findUniqueOrThrow({
      where: { id: actor.userId },
      select: { sessionEpoch: true },
    });
    const ticket = issueTicket(deps.authSecret, deps.clock, {
      ...input,
      userId: actor.userId,
      epoch: sessionEpoch,
    });
    return { ticket, expiresInMs: ticketLifetimeMs };
  },
  z.object({ attemptId: z.string().min(1), sessionId: z.string().min(1), watch: z.boolean().default(false) }),
);
