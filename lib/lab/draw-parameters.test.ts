import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParameterSpec } from "@/lib/contract/lab";
import { drawParameters } from "./draw-parameters";
import { cidrsOverlap, isHostAddress, parseCidr, parseIpv4 } from "./ipv4";

const parameters = {
  nodes: { subnet: { from: "172.16.0.0/12", prefix: 24 } },
  pods: { subnet: { from: "10.0.0.0/8", prefix: 16 } },
  services: { subnet: { from: "10.0.0.0/8", prefix: 16 } },
  gateway: { host: { of: "nodes", index: { min: 1, max: 9 }, withPrefix: false } },
  first: { host: { of: "nodes", index: { min: 10, max: 13 }, withPrefix: true } },
  second: { host: { of: "nodes", index: { min: 10, max: 13 }, withPrefix: false } },
  third: { host: { of: "nodes", index: { min: 10, max: 13 }, withPrefix: false } },
  macA: { mac: { prefix: "02:42:ac:11:00" } },
  macB: { mac: { prefix: "02:42:ac:11:00" } },
  macC: { mac: {} },
  uplinkA: { pick: ["eth0", "ens3"], distinct: true },
  uplinkB: { pick: ["eth0", "ens3"], distinct: true },
  portA: { integer: { min: 30000, max: 30001 }, distinct: true },
  portB: { integer: { min: 30000, max: 30001 }, distinct: true },
  replicas: { pick: [2, 3], distinct: false },
} satisfies Record<string, ParameterSpec>;

describe("drawParameters", () => {
  it("never collides and stays inside its subnets, whatever the seed", () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const values = drawParameters({ parameters }, seed);
        const cidr = (name: string) => parseCidr(String(values[name]))!;
        expect(cidrsOverlap(cidr("pods"), cidr("services"))).toBe(false);
        expect(cidrsOverlap(cidr("pods"), parseCidr("10.0.0.0/8")!)).toBe(true);
        const hosts = ["gateway", "first", "second", "third"].map(
          (name) => String(values[name]).split("/")[0]!,
        );
        expect(new Set(hosts).size).toBe(4);
        for (const host of hosts) expect(isHostAddress(cidr("nodes"), parseIpv4(host)!)).toBe(true);
        const macs = [values.macA, values.macB, values.macC].map(String);
        expect(new Set(macs).size).toBe(3);
        for (const mac of macs) expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
        expect(values.uplinkA).not.toBe(values.uplinkB);
        expect(values.portA).not.toBe(values.portB);
        expect(drawParameters({ parameters }, seed)).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the values of a seed when a parameter is added", () => {
    const before = drawParameters({ parameters: { macC: parameters.macC, nodes: parameters.nodes } }, "seed");
    const after = drawParameters(
      { parameters: { extra: { mac: {} }, macC: parameters.macC, nodes: parameters.nodes } },
      "seed",
    );
    expect(after).toMatchObject(before);
  });

  it("varies with the seed", () => {
    const seen = new Set(
      Array.from({ length: 50 }, (_, n) => drawParameters({ parameters }, `attempt-${n}`).nodes),
    );
    expect(seen.size).toBeGreaterThan(40);
  });

  it("keeps subnets clear of the ranges that the manifest spells out", () => {
    const other = { name: "other", version: "", domain: "", addons: [] };
    const otherClusters = [{ ...other, podCidr: "10.192.0.0/11", serviceCidr: "10.240.0.0/12" }];
    const cluster = {
      name: "kubernetes",
      podCidr: "10.0.0.0/9",
      serviceCidr: "10.128.0.0/10",
      version: "",
      domain: "",
      addons: [],
    };
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const { net } = drawParameters(
          { parameters: { net: { subnet: { from: "10.0.0.0/8", prefix: 12 } } }, cluster, otherClusters },
          seed,
        );
        for (const one of [cluster, ...otherClusters])
          for (const range of [one.podCidr, one.serviceCidr])
            expect(cidrsOverlap(parseCidr(String(net))!, parseCidr(range)!)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("says which parameter has no room", () => {
    const tight = {
      a: { pick: ["x", "y"], distinct: true },
      b: { pick: ["x", "y"], distinct: true },
      c: { pick: ["x", "y"], distinct: true },
    };
    expect(() => drawParameters({ parameters: tight }, "s")).toThrow(/^Parameter c cannot differ/);
  });
});
