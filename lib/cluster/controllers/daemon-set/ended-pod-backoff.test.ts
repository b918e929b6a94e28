import { expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { EndedPodBackoff } from "./ended-pod-backoff";

const pod = (uid: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: uid, uid },
  spec: { containers: [] },
});

test("the first ended pod goes at once, those that follow later and later, one look or many", () => {
  const backoff = new EndedPodBackoff();
  expect(backoff.leftMs("node", pod("a"), 0)).toBe(0);
  expect(backoff.leftMs("node", pod("b"), 100)).toBe(1000);
  expect(backoff.leftMs("node", pod("b"), 600)).toBe(500);
  expect(backoff.leftMs("node", pod("c"), 1200)).toBe(2000);
  expect(backoff.leftMs("other", pod("d"), 1200)).toBe(0);
  for (let index = 0; index < 20; index++) backoff.leftMs("node", pod(`x${index}`), 2000);
  expect(backoff.leftMs("node", pod("last"), 2000)).toBe(900_000);
});
