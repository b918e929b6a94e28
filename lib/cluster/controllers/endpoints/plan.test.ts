import { describe, expect, test } from "vitest";
import type { Endpoints, EndpointSlice, Pod, Service } from "@/lib/cluster/resources/types";
import { plannedEndpoints, planSlices, wantedSubsets } from "./plan";

const service = (spec: Partial<Service["spec"]> = {}, labels?: Record<string, string>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop", uid: "uid-web", ...(labels ? { labels } : {}) },
  spec: {
    clusterIP: "10.96.0.5",
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "web" }],
    ...spec,
  },
});

interface Facts {
  ip?: string;
  isReady?: boolean;
  isLeaving?: boolean;
  phase?: NonNullable<Pod["status"]>["phase"];
  app?: string;
  spec?: Partial<Pod["spec"]>;
  port?: number;
}
function pod(name: string, facts: Facts = {}): Pod {
  const ports = [{ name: "web", containerPort: facts.port ?? 8080 }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      labels: { app: facts.app ?? "web" },
      ...(facts.isLeaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { containers: [{ name: "main", ports }], nodeName: "node01", ...facts.spec },
    status: {
      phase: facts.phase ?? "Running",
      ...("ip" in facts ? { podIP: facts.ip } : { podIP: `10.244.1.${name.charCodeAt(0) - 96}` }),
      conditions: [{ type: "Ready", status: (facts.isReady ?? true) ? "True" : "False" }],
    },
  };
}

/** `8080: a ready serving` a set of ports and an endpoint each. */
function told(of: Service, pods: Pod[]): string[] {
  return planSlices(of, pods, []).flatMap(({ slice }) =>
    (slice.endpoints ?? []).map(({ targetRef, conditions, hostname }) =>
      [
        `${slice.ports?.map(({ port }) => port).join("+")}:`,
        targetRef?.name,
        ...Object.entries(conditions ?? {}).flatMap(([name, is]) => (is ? [name] : [])),
        ...(hostname ? [hostname] : []),
      ].join(" "),
    ),
  );
}
const published = { publishNotReadyAddresses: true };

describe("which pods are endpoints, and how", () => {
  test.each<[string, Service, Pod[], string[]]>([
    ["a ready one", service(), [pod("a")], ["8080: a ready serving"]],
    ["one that is not ready", service(), [pod("a", { isReady: false })], ["8080: a"]],
    [
      "one that goes and still answers",
      service(),
      [pod("a", { isLeaving: true })],
      ["8080: a serving terminating"],
    ],
    [
      "one that goes and answers no more",
      service(),
      [pod("a", { isLeaving: true, isReady: false })],
      ["8080: a terminating"],
    ],
    [
      "a Service that publishes all: ready means wanted, serving stays true",
      service(published),
      [pod("a", { isReady: false }), pod("b", { isLeaving: true, isReady: false })],
      ["8080: a ready", "8080: b ready terminating"],
    ],
    ["one without an address yet", service(), [pod("a", { ip: undefined })], []],
    [
      "those that have ended",
      service(),
      [pod("a", { phase: "Succeeded" }), pod("b", { phase: "Failed" })],
      [],
    ],
    ["another app's", service(), [pod("a", { app: "db" })], []],
    [
      "in the order of their names",
      service(),
      [pod("b"), pod("a")],
      ["8080: a ready serving", "8080: b ready serving"],
    ],
    [
      "a port by name has each pod's own number",
      service(),
      [pod("a"), pod("b", { port: 9090 })],
      ["8080: a ready serving", "9090: b ready serving"],
    ],
    [
      "a port by number needs no declaration",
      service({ ports: [{ port: 80, targetPort: 5000 }] }),
      [pod("a")],
      ["5000: a ready serving"],
    ],
    [
      "no target means the Service's own number",
      service({ ports: [{ port: 80 }] }),
      [pod("a")],
      ["80: a ready serving"],
    ],
    [
      "a sidecar's port counts, a plain init container's does not",
      service({
        ports: [
          { name: "one", port: 1, targetPort: "side" },
          { name: "two", port: 2, targetPort: "init" },
        ],
      }),
      [
        pod("a", {
          spec: {
            initContainers: [
              { name: "s", restartPolicy: "Always", ports: [{ name: "side", containerPort: 15 }] },
              { name: "i", ports: [{ name: "init", containerPort: 16 }] },
            ],
          },
        }),
      ],
      ["15: a ready serving"],
    ],
    [
      "a host name in the Service's own domain",
      service(),
      [
        pod("a", { spec: { hostname: "db-0", subdomain: "web" } }),
        pod("b", { spec: { hostname: "x", subdomain: "y" } }),
      ],
      ["8080: a ready serving db-0", "8080: b ready serving"],
    ],
  ])("%s", (_name, of, pods, endpoints) => {
    expect(told(of, pods)).toEqual(endpoints);
  });
});

describe("slices that are there", () => {
  const made = (of: Service, pods: Pod[], name = "web-1"): EndpointSlice => {
    const { slice } = planSlices(of, pods, [])[0]!;
    return { ...slice, metadata: { ...slice.metadata, name } };
  };
  const kinds = (of: Service, pods: Pod[], present: EndpointSlice[]) =>
    planSlices(of, pods, present).map(({ kind, slice }) => `${kind} ${slice.metadata.name}`);
  const two = [pod("a"), pod("b")];

  test.each<[string, Service, Pod[], EndpointSlice[], string[]]>([
    ["none: one is made, empty or not", service(), [], [], ["create "]],
    ["equal: nothing is written", service(), two, [made(service(), two)], []],
    ["a pod more", service(), two, [made(service(), [pod("a")])], ["update web-1"]],
    ["the last pod has gone", service(), [], [made(service(), two)], ["update web-1"]],
    ["a label of the Service", service({}, { team: "a" }), two, [made(service(), two)], ["update web-1"]],
    ["one too many", service(), two, [made(service(), two), made(service(), two, "web-2")], ["delete web-2"]],
    [
      "other ports: the slice is used again",
      service({ ports: [{ port: 80, targetPort: 5000 }] }),
      two,
      [made(service(), two)],
      ["update web-1"],
    ],
    [
      "more than a hundred pods",
      service(),
      Array.from({ length: 150 }, (_, at) => pod(`p${String(at).padStart(3, "0")}`, { ip: `10.9.0.${at}` })),
      [],
      ["create ", "create "],
    ],
    ["a Service without selector has others'", service({ selector: undefined }), two, [], []],
    ["a name elsewhere has none", service({ type: "ExternalName" }), two, [], []],
  ])("%s", (_name, of, pods, present, writes) => {
    expect(kinds(of, pods, present)).toEqual(writes);
  });

  test("a slice belongs to its Service and says so", () => {
    const { slice } = planSlices(service({ clusterIP: "None" }, { team: "a" }), two, [])[0]!;
    expect(slice).toMatchObject({
      addressType: "IPv4",
      metadata: {
        generateName: "web-",
        namespace: "shop",
        labels: {
          team: "a",
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          "service.kubernetes.io/headless": "",
        },
        ownerReferences: [{ kind: "Service", name: "web", uid: "uid-web", controller: true }],
      },
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    });
  });
});

describe("the Endpoints object", () => {
  test.each<[string, Service, Pod[], object[]]>([
    ["no pod", service(), [], []],
    [
      "ready and not",
      service(),
      [pod("a"), pod("b", { isReady: false })],
      [{ addresses: [{ ip: "10.244.1.1" }], notReadyAddresses: [{ ip: "10.244.1.2" }] }],
    ],
    ["one that goes is in it no more", service(), [pod("a", { isLeaving: true })], []],
    [
      "unless the Service publishes all",
      service(published),
      [pod("a", { isLeaving: true, isReady: false })],
      [{ addresses: [{ ip: "10.244.1.1" }] }],
    ],
    [
      "a subset a set of ports",
      service(),
      [pod("a"), pod("b", { port: 9090 })],
      [{ ports: [{ name: "http", port: 8080 }] }, { ports: [{ name: "http", port: 9090 }] }],
    ],
    [
      "a pod that has no such port is left out",
      service(),
      [pod("a", { spec: { containers: [{ name: "m" }] } })],
      [],
    ],
  ])("%s", (_name, of, pods, subsets) => {
    const wanted = wantedSubsets(of, pods);
    expect(wanted).toHaveLength(subsets.length);
    expect(wanted).toMatchObject(subsets);
  });

  test("it is written when it is missing or differs, and only then", () => {
    const first = plannedEndpoints(service(), [pod("a")], undefined)!;
    expect(first.metadata.labels).toEqual({ "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
    expect(plannedEndpoints(service(), [pod("a")], first)).toBeUndefined();
    const present: Endpoints = { ...first, metadata: { ...first.metadata, resourceVersion: "3" } };
    const next = plannedEndpoints(service(), [], present)!;
    expect([next.subsets, next.metadata.resourceVersion]).toEqual([undefined, "3"]);
    expect(plannedEndpoints(service({ selector: undefined }), [pod("a")], undefined)).toBeUndefined();
  });
});
