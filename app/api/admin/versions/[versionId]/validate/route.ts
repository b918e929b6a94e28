import { route } from "@/app/_server/route";
import { validateVersion } from "@/lib/exam/validate-version";

/** Starts the validation; it goes on after the answer. */
export const POST = route<{ versionId: string }>(async ({ deps, actor, params }) => {
  await validateVersion(deps, actor, params.versionId);
});
