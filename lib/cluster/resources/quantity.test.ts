import { expect, test } from "vitest";
import { canonicalQuantity, compareQuantities, parseQuantity, quantityToNumber } from "./quantity";

test.each([
  ["1000m", "1"],
  ["0.5", "500m"],
  [0.5, "500m"],
  [2, "2"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Ki", "512"],
  ["1000k", "1M"],
  ["128974848", "128974848"],
  ["129e6", "129e6"],
  ["129M", "129M"],
  ["123Mi", "123Mi"],
  ["0", "0"],
  ["0Mi", "0"],
  ["-1500m", "-1500m"],
  ["1E", "1E"],
  ["100u", "100u"],
])("%s is stored as %s", (written, stored) => {
  expect(canonicalQuantity(written)).toBe(stored);
  expect(canonicalQuantity(stored)).toBe(stored);
  expect(compareQuantities(written, stored)).toBe(0);
});

test.each(["", "abc", "1.2.3", "1 Gi", "1GiB", "--1", null, {}])("%s is no quantity", (value) => {
  expect(parseQuantity(value)).toBeUndefined();
});

test("amounts compare across notations", () => {
  expect(compareQuantities("1Gi", "1G")).toBe(1);
  expect(compareQuantities("100m", "0.2")).toBe(-1);
  expect(quantityToNumber("250m")).toBe(0.25);
  expect(quantityToNumber("1Ki")).toBe(1024);
});
