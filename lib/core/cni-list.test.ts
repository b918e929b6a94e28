import { expect, test } from "vitest";
import { parseCniFile } from "./cni-list";

test("a .conf is a list of one plugin", () => {
  const conf = { cniVersion: "0.4.0", name: "mynet", type: "bridge", bridge: "cni0" };
  expect(parseCniFile(JSON.stringify(conf))).toEqual({ name: "mynet", cniVersion: "0.4.0", plugins: [conf] });
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '{"name":"x"}',
  '{"name":"x","plugins":[]}',
  '{"plugins":[{"type":"bridge"}]}',
  '{"name":"x","plugins":[{}]}',
  '{"name":"x","plugins":[{"type":""}]}',
])("%s configures no network", (text) => {
  expect(parseCniFile(text)).toBeUndefined();
});
