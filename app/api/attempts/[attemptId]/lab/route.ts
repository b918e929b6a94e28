import { route } from "@/app/_server/route";
import { labHealth, rebuildLab } from "@/lib/exam/lab-health";

export const GET = route<{ attemptId: string }>(({ deps, actor, params }) => labHealth(deps, actor, params));

/** Builds a lost lab again. */
export const POST = route<{ attemptId: string }>(({ deps, actor, params }) =>
  rebuildLab(deps, actor, params),
);
