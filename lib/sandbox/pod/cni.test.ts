import { expect, test } from "vitest";
import { addressesOf } from "./cni";

test("addresses come from results of every version", () => {
  expect(addressesOf({ ips: [{ address: "10.244.1.5/24" }, { address: "fd00::5/64" }] })).toEqual([
    "10.244.1.5",
    "fd00::5",
  ]);
  expect(addressesOf({ ip4: { ip: "10.32.0.2/12" } })).toEqual(["10.32.0.2"]);
  expect(addressesOf({})).toEqual([]);
});
