import "server-only";
import { unstable_rethrow } from "next/navigation";
import type { z } from "zod";
import type { Actor } from "@/lib/auth/roles";
import { AppError } from "@/lib/core/app-error";
import { deps, type WebDeps } from "./deps";
import { requireSession } from "./session";

export type ActionResult = { ok: true; message?: string } | { ok: false; error: string };

/**
 * Runs a form's action: authorises, parses, calls; what goes wrong comes back as a sentence to show. Next refuses
 * actions of other origins by itself.
 */
export async function act<S extends z.ZodType>(
  schema: S,
  input: unknown,
  work: (context: { deps: WebDeps; actor: Actor; input: z.output<S> }) => Promise<string | void>,
): Promise<ActionResult> {
  try {
    const { actor } = await requireSession();
    const parsed = schema.safeParse(input);
    if (!parsed.success)
      throw new AppError("invalid", parsed.error.issues.map((issue) => issue.message).join(" "));
    const message = await work({ deps: deps(), actor, input: parsed.data });
    return { ok: true, ...(message ? { message } : {}) };
  } catch (failure) {
    unstable_rethrow(failure);
    const error = AppError.from(failure);
    if (error.code === "internal") deps().logger.error({ err: failure }, "action failed");
    return { ok: false, error: error.message };
  }
}
