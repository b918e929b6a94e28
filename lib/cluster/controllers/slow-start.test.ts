import { expect, test } from "vitest";
import { slowStart } from "./slow-start";

test("batches double, and none follows one with a failure", async () => {
  let running = 0;
  const sizes: number[] = [];
  const make = async (index: number) => {
    running += 1;
    await Promise.resolve();
    if (running > 0) sizes.push(running);
    running = 0;
    if (index >= 5) throw new Error(`no room for ${index}`);
    return index;
  };
  const { made, failures } = await slowStart(100, make);
  expect(sizes).toEqual([1, 2, 4]);
  expect(made).toEqual([0, 1, 2, 3, 4]);
  expect(failures.map(({ message }) => message)).toEqual(["no room for 5", "no room for 6"]);
  expect(await slowStart(0, make)).toEqual({ made: [], failures: [] });
});
