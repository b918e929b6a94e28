import type { PreviewClaims } from "@/lib/auth/preview-tickets";
import { resolveActor } from "@/lib/auth/resolve-actor";
import { AppError } from "@/lib/core/app-error";
import type { ExamDeps } from "@/lib/exam/deps";
import { previewLab } from "@/lib/exam/preview-access";

/** The lab of a preview ticket, if what it was given for still holds. */
export async function authorisePreview(
  deps: ExamDeps,
  claims: PreviewClaims,
  changes: boolean,
): Promise<string> {
  const actor = await resolveActor(deps.db, claims);
  if (!actor)
    throw new AppError("unauthenticated", "Your session has ended. Sign in and open the view again.");
  return previewLab(deps, actor, { attemptId: claims.attemptId, changes });
}
