import { z } from "zod";
import { route } from "@/app/_server/route";
import { labFiles } from "@/lib/contract/lab";
import { saveDraft } from "@/lib/exam/lab-versions";

const body = z.object({ files: labFiles, message: z.string().max(500) });

export const POST = route<{ labId: string }, typeof body>(
  ({ deps, actor, params, body }) => saveDraft(deps, actor, { labId: params.labId, ...body }),
  body,
);
