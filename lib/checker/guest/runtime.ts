import type { Check } from "./api";
import { receive, sendResult } from "./bridge";
import { CheckContext, isAbsence, type RunMessage } from "./context";
import { StopCheck } from "./evidence";

/** What a finished check tells the host, which trusts none of it (lib/checker/host/read-result.ts). */
export interface GuestResult {
  kind: "check" | "guard";
  /** 0..1 */
  fraction: number;
  unanswered: boolean;
  reason?: string;
  evidence: { label: string; expected: string; seen: string; source: string; passed: boolean }[];
  /** The check itself failed: nothing is said about the student. */
  error?: string;
}

/** The entry of a compiled checks file: waits for the host to name a check, runs it and reports. */
export function serve(checks: Record<string, Check>): void {
  if (
    typeof checks !== "object" ||
    checks === null ||
    Object.values(checks).some((entry) => typeof entry?.run !== "function")
  )
    throw new TypeError("checks.ts must have `export default defineChecks({ ... })`.");
  receive((message) => {
    if (message.type === "list") sendResult(Object.entries(checks).map(([id, { kind }]) => ({ id, kind })));
    if (message.type === "run") void run(checks, message as unknown as RunMessage).then(sendResult);
  });
}

async function run(checks: Record<string, Check>, message: RunMessage): Promise<GuestResult> {
  const entry = Object.hasOwn(checks, message.questionId) ? checks[message.questionId] : undefined;
  if (!entry) return failed("check", `checks.ts has no check "${message.questionId}".`);
  const t = new CheckContext(message);
  try {
    await entry.run(t);
  } catch (error) {
    if (isAbsence(error)) {
      t.ledger.reason ??= error.message;
      t.ledger.record({
        label: error.message,
        expected: "exists",
        seen: "not found",
        source: t.ledger.lastSource,
        passed: false,
        weight: undefined,
      });
    } else if (!(error instanceof StopCheck)) return failed(entry.kind, describe(error));
  }
  if (t.ledger.items.length === 0 && t.ledger.fraction === undefined)
    return failed(entry.kind, "The check ended without expecting anything.");
  return {
    kind: entry.kind,
    fraction: t.ledger.earned(),
    unanswered: t.ledger.unanswered,
    reason: t.ledger.reason,
    evidence: t.ledger.items.map(({ label, expected, seen, source, passed }) => ({
      label,
      expected,
      seen,
      source,
      passed,
    })),
  };
}

function failed(kind: "check" | "guard", error: string): GuestResult {
  return { kind, fraction: 0, unanswered: false, evidence: [], error };
}

function describe(error: unknown): string {
  // What QuickJS throws when there is no memory left for an error (quickjs.c, JS_ThrowError).
  if (error === null) return "out of memory";
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  return `${error.name}: ${error.message}\n${error.stack ?? ""}`.trim();
}
