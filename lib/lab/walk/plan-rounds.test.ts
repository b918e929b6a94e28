import { describe, expect, it } from "vitest";
import { inGroups, planRounds } from "./plan-rounds";

const mistake = (file: string, ...fails: string[]) => ({ file, content: "", fails });
const mistakes = [
  mistake("a1", "a"),
  mistake("a2", "a"),
  mistake("b1", "b"),
  mistake("b2", "b"),
  mistake("ab", "a", "b"),
  mistake("c", "c"),
];

describe("planRounds", () => {
  it("plays every mistake once, and none with another that names the same check", () => {
    for (const seed of ["1", "2", "3", "4", "5"]) {
      const rounds = planRounds(mistakes, seed);
      expect(rounds.flat().sort((one, other) => one.file.localeCompare(other.file))).toEqual(
        [...mistakes].sort((one, other) => one.file.localeCompare(other.file)),
      );
      for (const round of rounds) {
        const named = round.flatMap(({ fails }) => fails);
        expect(new Set(named).size).toBe(named.length);
      }
      expect(rounds).toHaveLength(3);
    }
  });

  it("is a function of the seed, and seeds differ", () => {
    const orders = ["1", "2", "3", "4"].map((seed) => JSON.stringify(planRounds(mistakes, seed)));
    expect(JSON.stringify(planRounds(mistakes, "1"))).toBe(orders[0]);
    expect(new Set(orders).size).toBeGreaterThan(1);
  });
});

describe("inGroups", () => {
  it("parts a round into even groups, all of it and in order", () => {
    const round = Array.from({ length: 9 }, (_, index) => mistake(`m${index}`, `q${index}`));
    const groups = inGroups(round);
    expect(groups.map(({ length }) => length)).toEqual([3, 3, 3]);
    expect(groups.flat()).toEqual(round);
    expect(inGroups([])).toEqual([]);
    expect(inGroups(round.slice(0, 4))).toHaveLength(1);
  });
});
