import { expect, test } from "vitest";
import { isWhole, planChange, planReset, type Actual } from "./plan-load";
import type { PolicyRules } from "./rule-set";

const rules = (chains: Record<string, string[]>, sets: Record<string, string[]> = {}): PolicyRules => ({
  chains: new Map(Object.entries(chains)),
  sets: new Map(Object.entries(sets).map(([name, entries]) => [name, { type: "hash:net", entries }])),
});
const actual = (parts: Partial<Actual> = {}): Actual => ({
  ...{ sets: [], counts: new Map(), sizes: new Map(), builtIn: new Map() },
  ...parts,
});
const hooks = [{ chain: "FORWARD", head: ["-j ONE", "-j TWO"], tail: ["-j LAST"] }];

test("what has not changed is not written", () => {
  const same = () => rules({ A: ["-j ACCEPT"], B: [] }, { s: ["10.0.0.1"] });
  expect(planChange(same(), same())).toEqual({ sets: "", rules: "", stale: "" });
});

test("a pod more is an entry more, no rule", () => {
  const before = rules({ A: ["-j ACCEPT"] }, { s: ["10.0.0.1", "10.0.0.2"] });
  const now = rules({ A: ["-j ACCEPT"] }, { s: ["10.0.0.2", "10.0.0.3"] });
  expect(planChange(before, now)).toEqual({
    sets: "del s 10.0.0.1\nadd s 10.0.0.3\n",
    rules: "",
    stale: "",
  });
});

test("sets come before the rules that name them and go after them; chains go in the same step as their rules", () => {
  const before = rules(
    { MAIN: ["-j OLD"], OLD: ["-m set --match-set old src -j DROP"], KEPT: [] },
    { old: [] },
  );
  const now = rules(
    { MAIN: ["-j NEW"], NEW: ["-m set --match-set new src -j DROP"], KEPT: [] },
    { new: ["10.0.0.0/8"] },
  );
  expect(planChange(before, now)).toEqual({
    sets: "create new hash:net\nflush new\nadd new 10.0.0.0/8\n",
    rules: [
      ...["*filter", ":MAIN - [0:0]", ":NEW - [0:0]", ":OLD - [0:0]"],
      ...["-A MAIN -j NEW", "-A NEW -m set --match-set new src -j DROP", "-X OLD", "COMMIT", ""],
    ].join("\n"),
    stale: "destroy old\n",
  });
});

test("a network that becomes an exception is taken out first", () => {
  const before = rules({}, { s: ["10.0.0.0/8"] });
  const now = rules({}, { s: ["10.0.0.0/8 nomatch"] });
  expect(planChange(before, now).sets).toBe("del s 10.0.0.0/8\nadd s 10.0.0.0/8 nomatch\n");
});

test("whatever is there, hooks come to their places once, and what is left of before goes", () => {
  const there = actual({
    counts: new Map([["OLD", 2]]),
    sets: ["old"],
    builtIn: new Map([["FORWARD", ["-j KUBE-FORWARD", "-j ONE", "-j LAST"]]]),
  });
  const plan = planReset(there, rules({ A: [] }), hooks);
  expect(plan.rules.split("\n")).toEqual([
    ...["*filter", ":A - [0:0]", ":OLD - [0:0]"],
    ...["-D FORWARD -j ONE", "-I FORWARD 1 -j ONE", "-I FORWARD 2 -j TWO", "-X OLD", "COMMIT", ""],
  ]);
  expect(plan.stale).toBe("destroy old\n");
});

test("a lost rule, entry or hook is noticed", () => {
  const loaded = rules({ A: ["-j ACCEPT"] }, { s: ["10.0.0.1"] });
  const whole = actual({
    counts: new Map([["A", 1]]),
    sizes: new Map([["s", 1]]),
    builtIn: new Map([["FORWARD", ["-j ONE", "-j TWO", "-j X", "-j LAST"]]]),
  });
  expect(isWhole(whole, loaded, hooks)).toBe(true);
  expect(isWhole({ ...whole, counts: new Map([["A", 0]]) }, loaded, hooks)).toBe(false);
  expect(isWhole({ ...whole, sizes: new Map([["s", 0]]) }, loaded, hooks)).toBe(false);
  const behind = new Map([["FORWARD", ["-j X", "-j ONE", "-j TWO", "-j LAST"]]]);
  expect(isWhole({ ...whole, builtIn: behind }, loaded, hooks)).toBe(false);
});
