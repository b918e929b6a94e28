import { expect, test } from "vitest";
import { terminationConditions, type Remaining } from "./plan";

const nowMs = Date.UTC(2026, 0, 1);
const held = (group: string, plural: string, ...finalizers: string[]): Remaining => ({
  collection: { group, plural },
  finalizers,
});
const content = "NamespaceContentRemaining";
const finalizers = "NamespaceFinalizersRemaining";
const failure = "NamespaceDeletionContentFailure";

test.each<[string, Remaining[], Error[], Record<string, string>]>([
  ["nothing is left", [], [], {}],
  [
    "objects by kind, with and without a group",
    [held("", "pods"), held("", "pods"), held("apps", "deployments")],
    [],
    {
      [content]:
        "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
    },
  ],
  [
    "finalizers by how many hold them",
    [held("", "pods", "example.com/hold"), held("", "configmaps", "example.com/hold", "a.io/b")],
    [],
    {
      [content]:
        "Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances",
      [finalizers]:
        "Some content in the namespace has finalizers remaining: a.io/b in 1 resource instances, example.com/hold in 2 resource instances",
    },
  ],
  [
    "what could not be deleted, beside what remains",
    [held("", "secrets")],
    [new Error("secrets is locked"), new Error("a webhook said no")],
    {
      [failure]: "Failed to delete all resource types, 2 remaining: a webhook said no, secrets is locked",
      [content]: "Some resources are remaining: secrets. has 1 resource instances",
    },
  ],
])("a namespace that goes says what holds it: %s", (_what, remaining, failures, said) => {
  const conditions = terminationConditions([], remaining, nowMs, failures);
  expect(conditions.map(({ type }) => type)).toEqual([
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    failure,
    content,
    finalizers,
  ]);
  const bad = conditions.filter(({ status }) => status === "True");
  expect(Object.fromEntries(bad.map(({ type, message }) => [type, message]))).toEqual(said);
});

test("the time of a condition is that of its change", () => {
  const [, , , first] = terminationConditions([], [held("", "pods")], nowMs);
  const [, , , second] = terminationConditions([first!], [held("", "secrets")], nowMs + 60_000);
  expect(second).toMatchObject({ lastTransitionTime: "2026-01-01T00:00:00Z" });
  expect(second!.message).toContain("secrets");
  const [, , , gone] = terminationConditions([second!], [], nowMs + 60_000);
  expect(gone).toMatchObject({ status: "False", lastTransitionTime: "2026-01-01T00:01:00Z" });
});
