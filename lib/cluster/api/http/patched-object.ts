import type { PatchType } from "@/lib/cluster/client/client";
import { ApiStatusError, fieldInvalid, invalid } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";

const refusal = /^\S+ in version "[^"]*" cannot be handled as a \S+: ([^]*)$/;
const shownMax = 4096;

/**
 * What a patch made, decoded; what cannot be is an invalid patch and no bad request (apiserver 1.34
 * pkg/endpoints/handlers/patch.go).
 */
export function decodePatched(
  type: PatchType,
  patch: unknown,
  object: KubeObject,
  decode: () => KubeObject,
): KubeObject {
  const text = type === "application/strategic-merge-patch+json" ? goText(patch) : JSON.stringify(object);
  try {
    return decode();
  } catch (failure) {
    const why =
      failure instanceof ApiStatusError && failure.code === 400 && refusal.exec(failure.message)?.[1];
    if (!why || type === "application/apply-patch+yaml") throw failure;
    throw invalid({ group: "", kind: "" }, "", [fieldInvalid("patch", text.slice(0, shownMax), why)]);
  }
}

/** As Go's %+v prints JSON values. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value as string | number | boolean);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, member]) => `${key}:${goText(member)}`).join(" ")}]`;
}
