import { expect, test } from "vitest";
import { PassingLabs } from "./passing-labs";

test("a lab that nobody asks for is overdue, one that is used is not, and one without a limit never is", () => {
  let nowMs = 0;
  const labs = new PassingLabs({ now: () => nowMs } as never);
  labs.know("walk-left", 1000);
  labs.know("walk-used", 1000);
  labs.know("attempt", undefined);
  expect(labs.size).toBe(2);
  nowMs = 900;
  labs.touch("walk-used");
  labs.touch("attempt");
  expect(labs.takeOverdue()).toEqual([]);
  nowMs = 1001;
  expect(labs.takeOverdue()).toEqual(["walk-left"]);
  expect(labs.takeOverdue()).toEqual([]);
  nowMs = 1950;
  expect(labs.takeOverdue()).toEqual(["walk-used"]);
  nowMs = 2500;
  // It could not be ended the first time.
  expect(labs.takeOverdue()).toEqual(["walk-left"]);
  labs.forget("walk-left");
  labs.forget("walk-used");
  nowMs = 99_000;
  expect(labs.takeOverdue()).toEqual([]);
});
