import { route } from "@/app/_server/route";
import { getStart } from "@/lib/exam/get-start";

/** Long poll: with `?after=<revision>` it answers when the start has moved on, or after 20 s. */
export const GET = route<{ attemptId: string }>(({ deps, actor, params, request }) => {
  const after = Number(new URL(request.url).searchParams.get("after") ?? "-1");
  return getStart(deps, actor, {
    attemptId: params.attemptId,
    ...(Number.isInteger(after) && after >= 0 ? { afterRevision: after, timeoutMs: 20_000 } : {}),
  });
});
