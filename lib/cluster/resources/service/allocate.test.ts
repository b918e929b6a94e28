import { describe, expect, test } from "vitest";
import type { StrategyContext } from "../kind";
import type { Service, ServiceSpec } from "../types";
import { allocateService } from "./allocate";
import { carryAllocations, defaultService } from "./defaults";
import { validateServiceUpdate } from "./validate";

function cluster(others: Service[] = [], serviceCidr = "10.96.0.0/24"): StrategyContext {
  return {
    nowMs: 0,
    user: { name: "tester", groups: [] },
    get: () => undefined,
    list: () => others,
    cluster: {
      serviceCidr,
      podCidr: "10.244.0.0/16",
      nodePortRange: { from: 30000, to: 30099 },
      domain: "cluster.local",
      version: "v1.34.0",
    },
  };
}

function service(spec: ServiceSpec, name = "web"): Service {
  const object = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }], ...spec },
  } as Service;
  defaultService(object);
  return object;
}

describe("ClusterIP", () => {
  test("comes from the service range and is no other service's", () => {
    const taken: Service[] = [];
    for (let index = 0; index < 100; index += 1) {
      const object = service({}, `web-${index}`);
      expect(allocateService(object, undefined, cluster(taken))).toEqual([]);
      taken.push(object);
    }
    const addresses = taken.map(({ spec }) => spec.clusterIP);
    expect(new Set(addresses).size).toBe(100);
    expect(addresses.every((address) => /^10\.96\.0\.\d+$/.test(address ?? ""))).toBe(true);
    expect(addresses).not.toContain("10.96.0.0");
    expect(addresses).not.toContain("10.96.0.255");
    expect(taken[0]?.spec).toMatchObject({ ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
    expect(taken[0]?.spec.clusterIPs).toEqual([taken[0]?.spec.clusterIP]);
  });

  test("may be asked for when it is free and in range", () => {
    const object = service({ clusterIP: "10.96.0.7" });
    expect(allocateService(object, undefined, cluster())).toEqual([]);
    expect(object.spec.clusterIPs).toEqual(["10.96.0.7"]);
    const again = service({ clusterIP: "10.96.0.7" }, "other");
    expect(allocateService(again, undefined, cluster([object]))[0]?.message).toBe(
      'Invalid value: ["10.96.0.7"]: failed to allocate IP 10.96.0.7: provided IP is already allocated',
    );
    const outside = service({ clusterIP: "10.1.0.1" }, "outside");
    expect(allocateService(outside, undefined, cluster())[0]?.message).toContain(
      "does not match the current range",
    );
  });

  test("runs out with a sentence", () => {
    const full = cluster(
      [service({ clusterIP: "10.0.0.1" }, "a"), service({ clusterIP: "10.0.0.2" }, "b")],
      "10.0.0.0/30",
    );
    expect(allocateService(service({}), undefined, full)[0]?.message).toContain("range is full");
  });

  test("is None for headless services, which name both families when they select nothing", () => {
    const headless = service({ clusterIP: "None" });
    expect(allocateService(headless, undefined, cluster())).toEqual([]);
    expect(headless.spec).toMatchObject({
      clusterIP: "None",
      clusterIPs: ["None"],
      ipFamilyPolicy: "SingleStack",
    });
    const bare = service({ clusterIP: "None", selector: undefined });
    allocateService(bare, undefined, cluster());
    expect(bare.spec).toMatchObject({ ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] });
  });

  test("cannot be of a family that the cluster does not have", () => {
    const dual = allocateService(service({ ipFamilyPolicy: "RequireDualStack" }), undefined, cluster());
    expect(dual[0]?.message).toContain("this cluster is not configured for dual-stack services");
    const six = allocateService(service({ ipFamilies: ["IPv6"] }), undefined, cluster());
    expect(six[0]).toMatchObject({ field: "spec.ipFamilies[0]" });
  });
});

describe("node ports", () => {
  test("are given above the band that people choose from, one a port", () => {
    const object = service({
      type: "NodePort",
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 81 },
      ],
    });
    expect(allocateService(object, undefined, cluster())).toEqual([]);
    const ports = object.spec.ports?.map(({ nodePort }) => nodePort ?? 0) ?? [];
    expect(new Set(ports).size).toBe(2);
    expect(ports.every((port) => port >= 30016 && port <= 30099)).toBe(true);
  });

  test("are shared by TCP and UDP of one port", () => {
    const object = service({
      type: "NodePort",
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
      ],
    });
    allocateService(object, undefined, cluster());
    expect(object.spec.ports?.[0]?.nodePort).toBe(object.spec.ports?.[1]?.nodePort);
  });

  test("are refused out of range and when taken", () => {
    const low = service({ type: "NodePort", ports: [{ port: 80, nodePort: 80 }] });
    expect(allocateService(low, undefined, cluster())[0]?.message).toBe(
      "Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-30099",
    );
    const first = service({ type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] });
    const second = service({ type: "NodePort", ports: [{ port: 81, nodePort: 30080 }] }, "other");
    expect(allocateService(second, undefined, cluster([first]))[0]?.message).toBe(
      "Invalid value: 30080: provided port is already allocated",
    );
  });
});

describe("an update", () => {
  function stored(spec: ServiceSpec): Service {
    const object = service(spec);
    allocateService(object, undefined, cluster());
    return object;
  }

  function update(old: Service, spec: ServiceSpec): Service {
    const object = service(spec);
    carryAllocations(object, old);
    expect(validateServiceUpdate(object, old)).toEqual([]);
    expect(allocateService(object, old, cluster([old]))).toEqual([]);
    return object;
  }

  test("keeps what was allocated when the author leaves it out", () => {
    const old = stored({ type: "NodePort" });
    const next = update(old, { type: "NodePort", selector: { app: "new" } });
    expect(next.spec.clusterIP).toBe(old.spec.clusterIP);
    expect(next.spec.ports?.[0]?.nodePort).toBe(old.spec.ports?.[0]?.nodePort);
  });

  test("gives node ports to a ClusterIP that becomes a NodePort and takes them back", () => {
    const old = stored({});
    const open = update(old, { type: "NodePort" });
    expect(open.spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    const closed = structuredClone(open);
    closed.spec.type = "ClusterIP";
    carryAllocations(closed, open);
    expect(closed.spec.ports?.[0]?.nodePort).toBeUndefined();
    expect(closed.spec.externalTrafficPolicy).toBeUndefined();
    expect(closed.spec.clusterIP).toBe(old.spec.clusterIP);
  });

  test("drops addresses of what becomes an ExternalName", () => {
    const old = stored({});
    const next = structuredClone(old);
    next.spec.type = "ExternalName";
    next.spec.externalName = "db.example.com";
    carryAllocations(next, old);
    expect(next.spec.clusterIP).toBeUndefined();
    expect(next.spec.clusterIPs).toBeUndefined();
  });

  test.each([
    ["in both fields", ["10.96.0.8"]],
    ["in the older field alone, which the other follows", ["10.96.0.7"]],
  ])("may not change the address %s", (_name, clusterIPs) => {
    const old = stored({ clusterIP: "10.96.0.7" });
    const next = structuredClone(old);
    next.spec.clusterIP = "10.96.0.8";
    next.spec.clusterIPs = clusterIPs;
    carryAllocations(next, old);
    expect(validateServiceUpdate(next, old)[0]).toMatchObject({
      field: "spec.clusterIPs[0]",
      message: 'Invalid value: ["10.96.0.8"]: may not change once set',
    });
  });
});
