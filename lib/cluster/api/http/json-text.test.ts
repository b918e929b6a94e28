import { expect, test } from "vitest";
import { arrayText, bytesOf, wholeText } from "./json-text";

test.each([
  ["nothing", []],
  ["one", ['"a"']],
  ["letters of one to four bytes", ['"a"', '"é"', '"→"', '"😀"']],
])("an array of %s is the same as bytes and as text", (_name, items) => {
  const text = arrayText('{"items":', items, "}");
  const whole = `{"items":[${items.join(",")}]}`;
  expect(wholeText(text)).toBe(whole);
  expect(bytesOf(text).toString()).toBe(whole);
  expect(bytesOf(whole).toString()).toBe(whole);
});
