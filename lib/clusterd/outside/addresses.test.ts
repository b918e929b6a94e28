import { expect, test } from "vitest";
import { addressOf } from "./addresses";

test("every host has an address of the benchmark range, and keeps it", () => {
  const hosts = Array.from({ length: 200 }, (_, index) => `host${index}.example.com`);
  for (const host of hosts) expect(addressOf(host)).toMatch(/^198\.1[89]\.\d{1,3}\.\d{1,3}$/);
  expect(new Set(hosts.map(addressOf)).size).toBe(200);
  expect(addressOf("github.com")).toBe(addressOf("github.com"));
});
