import { expect, test } from "vitest";
import type { PodSpec } from "../types";
import { podSpecDiff, unifiedDiff } from "./spec-diff";

test("a changed field stands among its neighbours, under upstream's names", () => {
  const spec = {
    containers: [{ name: "c", image: "nginx", command: ["a"] }],
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    nodeName: "node01",
    hostNetwork: true,
  } as unknown as PodSpec;
  expect(podSpecDiff(spec, { ...spec, nodeName: "node02" })).toBe(
    [
      "@@ -44,7 +44,7 @@",
      '  "NodeSelector": null,',
      '  "ServiceAccountName": "",',
      '  "AutomountServiceAccountToken": null,',
      '- "NodeName": "node01",',
      '+ "NodeName": "node02",',
      '  "SecurityContext": {',
      '   "HostNetwork": true,',
      '   "HostPID": false,',
      "",
    ].join("\n"),
  );
  const changed = { ...spec, containers: [{ ...spec.containers[0]!, command: ["b"] }] };
  expect(podSpecDiff(spec, changed)).toContain('    "Command": [\n-    "a"\n+    "b"\n    ],');
});

test.each([
  [["a"], ["a"], ""],
  [["a"], [], "@@ -1 +0,0 @@\n-a\n"],
  [[], ["a", "b"], "@@ -0,0 +1,2 @@\n+a\n+b\n"],
  [
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
    ["x", "2", "3", "4", "5", "6", "7", "8", "9", "10", "y"],
    "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -8,4 +8,4 @@\n 8\n 9\n 10\n-11\n+y\n",
  ],
])("unified diff %#", (old, now, expected) => {
  expect(unifiedDiff(old, now)).toBe(expected);
});
