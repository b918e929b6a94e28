import { route } from "@/app/_server/route";
import { getVersion } from "@/lib/exam/lab-versions";
import { isValidating } from "@/lib/exam/validate-version";

/** A version without its files, for following its validation. */
export const GET = route<{ versionId: string }>(async ({ deps, actor, params }) => {
  const { files: _files, ...version } = await getVersion(deps, actor, params.versionId);
  const interrupted = version.validation === "RUNNING" && !isValidating(version.id);
  return { ...version, ...(interrupted ? { validation: "FAILED", interrupted } : {}) };
});
