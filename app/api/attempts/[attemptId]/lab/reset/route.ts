import { route } from "@/app/_server/route";
import { resetLab } from "@/lib/exam/lab-health";

/** Puts the lab of a running attempt back to its start. */
export const POST = route<{ attemptId: string }>(({ deps, actor, params }) => resetLab(deps, actor, params));
