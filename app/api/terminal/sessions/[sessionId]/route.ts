import { z } from "zod";
import { route } from "@/app/_server/route";
import { inWords, requireTerminalSession } from "@/lib/web/terminal-permission";

const attempt = z.object({ attemptId: z.string().min(1) });

/** Renames a terminal. */
export const PATCH = route<
  { sessionId: string },
  z.ZodObject<{ attemptId: z.ZodString; title: z.ZodString }>
>(
  async ({ deps, actor, params: { sessionId }, body: { attemptId, title } }) => {
    await requireTerminalSession(deps, actor, { attemptId, sessionId, readOnly: false });
    return inWords(deps.terminald.call("session.rename", { sessionId, title }));
  },
  attempt.extend({ title: z.string().trim().min(1).max(60) }),
);

/** Ends a terminal's shell; its recording stays. */
export const DELETE = route<{ sessionId: string }, typeof attempt>(
  async ({ deps, actor, params: { sessionId }, body: { attemptId } }) => {
    await requireTerminalSession(deps, actor, { attemptId, sessionId, readOnly: false });
    return inWords(deps.terminald.call("session.close", { sessionId }));
  },
  attempt,
);
