import { AppError } from "@/lib/core/app-error";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import { validateLab } from "@/lib/lab/validate-lab";
import type { RpcClient } from "@/lib/rpc/client";
import type { Actor } from "@/lib/auth/roles";
import type { ExamDeps } from "./deps";
import { getVersion, type ValidationStep } from "./lab-versions";

/** A walk starts labs of its own beside the students': one at a time in this process. */
let running: string | undefined;

/**
 * Starts the validation of a stored version: schema, types, compilation and the walk in real clusters. Returns at
 * once with a promise of its end; its steps are stored as they come (`getVersion` tells).
 * Throws `exhausted` while another one runs.
 */
export async function validateVersion(
  deps: ExamDeps,
  actor: Actor,
  versionId: string,
): Promise<{ done: Promise<boolean> }> {
  const version = await getVersion(deps, actor, versionId);
  if (running === versionId) throw new AppError("conflict", "This version is being validated already.");
  if (running !== undefined)
    throw new AppError("exhausted", "Another version is being validated. Try again when it is done.");
  running = versionId;
  const steps: ValidationStep[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  const store = (validation: "RUNNING" | "PASSED" | "FAILED") => {
    const validationSteps = structuredClone(steps);
    writing = writing.then(() =>
      deps.db.labVersion.update({ where: { id: versionId }, data: { validation, validationSteps } }),
    );
    return writing;
  };
  const onProgress = ({ step, title, state, durationMs, problems }: ValidationStep) => {
    const entry = { step, title, state, ...(durationMs === undefined ? {} : { durationMs }), problems };
    const index = steps.findIndex((other) => other.step === step);
    if (index === -1) steps.push(entry);
    else steps[index] = entry;
    store("RUNNING").catch((err: unknown) =>
      deps.logger.warn({ err, versionId }, "validation step not stored"),
    );
  };
  const run = async () => {
    try {
      await store("RUNNING");
      const clusterd = deps.clusterd as RpcClient<ClusterdRpc>;
      // No look for leftovers: what a lab left on the host only root there can see, and a lab's files cannot cause it. That
      // labd leaves nothing is shown by the walk of `npm test` and of `examctl lab test`.
      const { ok } = await validateLab(version.files, { walk: { clusterd }, onProgress });
      await store(ok ? "PASSED" : "FAILED");
      return ok;
    } catch (failure) {
      deps.logger.error({ err: failure, versionId }, "validation failed");
      const { message } = AppError.from(failure);
      steps.push({ step: "validation", title: "Validation", state: "failed", problems: [message] });
      await store("FAILED").catch(() => undefined);
      return false;
    } finally {
      running = undefined;
    }
  };
  return { done: run() };
}

/** Whether the validation that the database calls RUNNING is this process's; else it died with a former one. */
export function isValidating(versionId: string): boolean {
  return running === versionId;
}
