import { expect, test } from "vitest";
import { addressesOf, parseCniFile } from "./cni";

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
])("%s configures no network", (text) => {
  expect(parseCniFile(text)).toBeUndefined();
});

test("addresses come from results of every version", () => {
  expect(addressesOf({ ips: [{ address: "10.244.1.5/24" }, { address: "fd00::5/64" }] })).toEqual([
    "10.244.1.5",
    "fd00::5",
  ]);
  expect(addressesOf({ ip4: { ip: "10.32.0.2/12" } })).toEqual(["10.32.0.2"]);
  expect(addressesOf({})).toEqual([]);
});
