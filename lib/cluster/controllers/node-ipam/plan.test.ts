import { describe, expect, test } from "vitest";
import type { Node } from "@/lib/cluster/resources/types";
import { nextPodCidr, planPodCidrs } from "./plan";

const node = (name: string, version: number, podCIDR?: string, more: object = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, resourceVersion: String(version) },
  spec: { ...(podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {}), ...more },
});
const small = "10.1.2.0/23";

describe("nodes without a range", () => {
  test.each<[string, string, Node[], string[]]>([
    ["none", small, [node("a", 1, "10.1.2.0/24")], []],
    ["the first of a cluster", small, [node("a", 1)], ["a 10.1.2.0/24"]],
    [
      "the older one first, each another",
      small,
      [node("young", 9), node("old", 2)],
      ["old 10.1.2.0/24", "young 10.1.3.0/24"],
    ],
    [
      "a range that somebody left is given again",
      "10.244.0.0/16",
      [node("a", 1, "10.244.0.0/24"), node("c", 2, "10.244.2.0/24"), node("new", 3)],
      ["new 10.244.1.0/24"],
    ],
    [
      "one too many",
      small,
      [node("a", 1, "10.1.2.0/24"), node("b", 2), node("c", 3)],
      ["b 10.1.3.0/24", "c none"],
    ],
    [
      "a range that was set by hand is kept clear of, however large",
      "10.244.0.0/16",
      [node("wide", 1, "10.244.0.0/22"), node("new", 2)],
      ["new 10.244.4.0/24"],
    ],
    [
      "a range that stands in podCIDR alone counts too",
      small,
      [node("a", 1, undefined, { podCIDR: "10.1.2.0/24" }), node("b", 2)],
      ["b 10.1.3.0/24"],
    ],
    [
      "one outside the cluster's range takes nothing from it",
      small,
      [node("a", 1, "192.168.0.0/24"), node("b", 2)],
      ["b 10.1.2.0/24"],
    ],
  ])("%s", (_name, cidr, nodes, told) => {
    const plan = planPodCidrs(cidr, nodes);
    expect(plan.map(({ node, podCidr }) => `${node.metadata.name} ${podCidr ?? "none"}`)).toEqual(told);
  });
});

test.each([
  ["10.244.0.0/16", [], "10.244.0.0/24"],
  ["10.0.0.0/8", Array.from({ length: 256 }, (_, at) => `10.0.${at}.0/24`), "10.1.0.0/24"],
  ["10.9.9.0/25", [], "10.9.9.0/25"],
  ["10.9.9.0/25", ["10.9.9.0/25"], undefined],
])("of %s the lowest range that is free", (cidr, used, free) => {
  expect(nextPodCidr(cidr, used)).toBe(free);
});
