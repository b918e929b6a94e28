import { route } from "@/app/_server/route";
import { publishVersion } from "@/lib/exam/lab-versions";

export const POST = route<{ versionId: string }>(({ deps, actor, params }) =>
  publishVersion(deps, actor, params.versionId),
);
