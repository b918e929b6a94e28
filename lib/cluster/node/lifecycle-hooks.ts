import type { Clock } from "@/lib/core/clock";
import type { Handler } from "@/lib/cluster/resources/types";
import { runAction, type ActionTarget } from "./actions/action";

/**
 * Runs a postStart or preStop hook to its end or its deadline (kubernetes 1.34 pkg/kubelet/lifecycle/handlers.go).
 * Resolves with what went wrong, or undefined.
 */
export async function runHook(
  hook: Handler,
  target: ActionTarget,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (hook.sleep) {
    await clock.sleep(Math.min(hook.sleep.seconds * 1000, timeoutMs), signal).catch(() => undefined);
    return undefined;
  }
  const { result, output } = await runAction(hook, target, timeoutMs);
  return result === "failure" ? output : undefined;
}
