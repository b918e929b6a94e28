import { SeededRandom } from "../random";
import type { Mistake } from "../lab";

/**
 * Which mistakes are played on the same lab, one after the other: those that name different checks. So each lab is
 * spoiled as often as it can be while every mistake can still be told from the others. Who shares a lab with whom, and
 * in which order, changes with the seed: over several walks every mistake meets others.
 */
export function planRounds(mistakes: readonly Mistake[], seed: string): Mistake[][] {
  const rounds: { mistakes: Mistake[]; taken: Set<string> }[] = [];
  for (const mistake of new SeededRandom(seed, "rounds").shuffle(mistakes)) {
    let round = rounds.find(({ taken }) => !mistake.fails.some((id) => taken.has(id)));
    if (!round) rounds.push((round = { mistakes: [], taken: new Set() }));
    round.mistakes.push(mistake);
    for (const id of mistake.fails) round.taken.add(id);
  }
  return rounds.map((round) => round.mistakes);
}

/**
 * How many mistakes are judged together. Checks that fail wait until they give up, and do so side by side. More at once would hide more:
 * that a mistake fails what another one of its group names is seen only when a walk of another seed parts the two.
 */
const groupSize = 4;

/** A round in groups of nearly the same size. */
export function inGroups(round: readonly Mistake[]): Mistake[][] {
  const count = Math.ceil(round.length / groupSize);
  return Array.from({ length: count }, (_, index) =>
    round.slice(Math.round((index * round.length) / count), Math.round(((index + 1) * round.length) / count)),
  );
}
