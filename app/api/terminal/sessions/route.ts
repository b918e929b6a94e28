import { z } from "zod";
import { route } from "@/app/_server/route";
import { AppError } from "@/lib/core/app-error";
import { colsRange, rowsRange } from "@/lib/contract/terminal-frames";
import { terminalAccess } from "@/lib/exam/terminal-access";
import { inWords, terminalLab } from "@/lib/web/terminal-permission";

/** The terminals of an attempt, oldest first: `?attemptId=...`, with `&watch=1` for a grader. */
export const GET = route(async ({ deps, actor, request }) => {
  const query = new URL(request.url).searchParams;
  const attemptId = query.get("attemptId");
  if (!attemptId) throw new AppError("invalid", "attemptId is missing.");
  const labId = await terminalLab(deps, actor, { attemptId, readOnly: query.get("watch") === "1" });
  return inWords(deps.terminald.call("session.list", { labId }));
});

/** Opens a terminal on a node. */
export const POST = route(
  async ({ deps, actor, body }) => {
    const { labId } = await terminalAccess(deps, actor, body);
    const { node, cols, rows } = body;
    return inWords(deps.terminald.call("session.open", { labId, node, cols, rows }));
  },
  z.object({
    attemptId: z.string().min(1),
    node: z.string().min(1).max(63),
    cols: z.number().int().min(colsRange.min).max(colsRange.max).default(80),
    rows: z.number().int().min(rowsRange.min).max(rowsRange.max).default(24),
  }),
);
