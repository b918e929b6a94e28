import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { bootstrapPolicy } from "./policy";
import { policyDigests } from "./testing-policy-digests";

/** A role or binding in one line: kind, namespace/name, how many rules or subjects, digest of all that it says. */
function digestLine(object: KubeObject): string {
  const { rules, subjects, metadata } = object as KubeObject & { rules?: unknown[]; subjects?: unknown[] };
  const name = [metadata.namespace, metadata.name].filter(Boolean).join("/");
  const count = (rules ?? subjects ?? []).length;
  const digest = createHash("sha256")
    .update(JSON.stringify(canonical(object)))
    .digest("hex");
  return `${object.kind} ${name} ${count} ${digest.slice(0, 16)}`;
}

/** Keys in order; without what is null or empty, which says as much as its absence. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, content]) => content !== null && (!Array.isArray(content) || content.length > 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, content]) => [key, canonical(content)]));
}

describe("the bootstrap policy", () => {
  const upstream = policyDigests.trim().split("\n");
  const own = bootstrapPolicy().map(digestLine).sort();

  test("is upstream's 1.34: every ClusterRole, Role and binding with its rules, labels and subjects, and no other", () => {
    expect(upstream.length).toBeGreaterThan(130);
    expect(own).toEqual(upstream);
  });

  test("a digest tells of a rule that has a verb less", () => {
    const role = bootstrapPolicy().find(({ metadata }) => metadata.name === "system:kube-dns")!;
    const changed = structuredClone(role) as KubeObject & { rules: { verbs: string[] }[] };
    changed.rules[0]!.verbs.pop();
    expect(digestLine(changed)).not.toBe(digestLine(role));
    expect(upstream).toContain(digestLine(role));
  });
});
