import { expect, test } from "vitest";
import { withVariables } from "./mirror";

test("variables that a script sets are put into its URLs, others stay", () => {
  expect(withVariables('BRANCH="master"\nexport V=v1.2\ncurl https://h/$BRANCH/${V}/$OTHER')).toBe(
    'BRANCH="master"\nexport V=v1.2\ncurl https://h/master/v1.2/$OTHER',
  );
});
