import fc from "fast-check";
import { expect, test } from "vitest";
import { violations } from "./invariants";
import { anyStep, take } from "./steps";
import { createWorld } from "./testing";

/** Another seed, or more runs, look further: EXAMCTL_PROPERTY_SEED=7 EXAMCTL_PROPERTY_RUNS=500. */
const seed = Number(process.env.EXAMCTL_PROPERTY_SEED ?? 20_261_122);
const numRuns = Number(process.env.EXAMCTL_PROPERTY_RUNS ?? 25);

test(
  "whatever is done to a cluster and whatever befalls it, at rest it is as its objects say",
  { timeout: 60_000 + numRuns * 20_000 },
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 25 }), async (steps) => {
        const world = await createWorld();
        try {
          for (const step of steps) await take(step, world);
          await world.rest();
          expect(violations(world)).toEqual([]);
        } finally {
          await world.close();
        }
      }),
      { seed, numRuns },
    ),
);
