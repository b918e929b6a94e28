import { expect, test } from "vitest";
import { planPool, type PoolFacts } from "./plan-pool";

const facts = (overrides: Partial<PoolFacts> = {}): PoolFacts => ({
  versionIds: ["a", "b"],
  entries: [],
  room: 10,
  perVersion: 2,
  max: 4,
  isBusy: false,
  nowMs: 1_000_000,
  ...overrides,
});
const entry = (
  id: string,
  versionId: string,
  state: "PREPARING" | "READY" | "FAILED" = "READY",
  createdAtMs = 0,
) => ({
  id,
  versionId,
  state,
  createdAtMs,
});

test("boots one of each version before the second of any, the most wanted first, one at a time", () => {
  expect(planPool(facts())).toEqual({ drop: [], add: "a" });
  expect(planPool(facts({ entries: [entry("1", "a", "PREPARING")] })).add).toBeUndefined();
  expect(planPool(facts({ entries: [entry("1", "a")] })).add).toBe("b");
  expect(planPool(facts({ entries: [entry("1", "a"), entry("2", "b")] })).add).toBe("a");
  const full = ["a", "a", "b", "b"].map((version, index) => entry(String(index), version));
  expect(planPool(facts({ entries: full }))).toEqual({ drop: [], add: undefined });
});

test("waits while somebody waits for a lab, and where there is no room", () => {
  expect(planPool(facts({ isBusy: true })).add).toBeUndefined();
  expect(planPool(facts({ room: 0 })).add).toBeUndefined();
  expect(planPool(facts({ max: 0 })).add).toBeUndefined();
  expect(planPool(facts({ perVersion: 0 })).add).toBeUndefined();
});

test("drops what belongs to a former version, and the oldest when there is less room", () => {
  const entries = [entry("old", "former"), entry("1", "a", "READY", 1), entry("2", "b", "READY", 2)];
  expect(planPool(facts({ entries, room: 1 }))).toEqual({ drop: ["old", "1"], add: undefined });
  expect(planPool(facts({ entries, room: -3 })).drop.sort()).toEqual(["1", "2", "old"]);
});

test("a version whose lab does not start is left alone for a while, and takes no room from others", () => {
  const failed = entry("1", "a", "FAILED", 900_000);
  expect(planPool(facts({ entries: [failed], perVersion: 1, max: 1 }))).toEqual({ drop: [], add: "b" });
  expect(planPool(facts({ entries: [failed], perVersion: 1, nowMs: 1_200_000 }))).toEqual({
    drop: ["1"],
    add: "a",
  });
});
