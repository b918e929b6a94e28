import { route } from "@/app/_server/route";
import { abandonAttempt } from "@/lib/exam/submit-attempt";

export const POST = route<{ attemptId: string }>(({ deps, actor, params }) =>
  abandonAttempt(deps, actor, params),
);
