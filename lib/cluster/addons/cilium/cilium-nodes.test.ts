import { expect, test } from "vitest";
import { freePodCidr } from "./cilium-nodes";

test("nodes get parts of the pool in order, each once, until none is left", () => {
  const taken: string[] = [];
  for (let cidr = freePodCidr("10.0.0.0/22", 24, taken); cidr; cidr = freePodCidr("10.0.0.0/22", 24, taken))
    taken.push(cidr);
  expect(taken).toEqual(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]);
});

test("a part that a node has given back is given out again", () => {
  expect(freePodCidr("10.0.0.0/8", 24, ["10.0.0.0/24", "10.0.2.0/24"])).toBe("10.0.1.0/24");
});
