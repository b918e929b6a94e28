import { randomId } from "@/lib/core/ids";
import type { DbTransaction } from "./client";

/** Appends to the audit log; in the transaction of the change that it records. `details` never holds a secret. */
export async function recordAudit(
  tx: DbTransaction,
  entry: { actorId: string | null; action: string; target: string; details?: Record<string, unknown> },
): Promise<void> {
  await tx.auditEntry.create({
    data: { id: randomId(), ...entry, details: (entry.details ?? {}) as object },
  });
}
