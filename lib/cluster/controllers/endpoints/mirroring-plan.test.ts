import { expect, test } from "vitest";
import type { Endpoints, EndpointSlice, Service } from "@/lib/cluster/resources/types";
import { isMirrored, planMirror } from "./mirroring-plan";

const endpoints = (subsets: Endpoints["subsets"], metadata: object = {}): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "far", namespace: "shop", uid: "far-uid", ...metadata },
  subsets,
});
const service = (spec: object = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "far", namespace: "shop" },
  spec: { ports: [{ port: 80 }], ...spec },
});
const leader = { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } };
const skip = { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } };

test.each<[string, Endpoints, Service | undefined, boolean]>([
  ["of a Service without selector", endpoints([]), service(), true],
  ["of one with a selector", endpoints([]), service({ selector: { app: "web" } }), false],
  ["of none", endpoints([]), undefined, false],
  ["that ask to be left out", endpoints([], skip), service(), false],
  ["that hold a leader election", endpoints([], leader), service(), false],
])("Endpoints %s: mirrored or not", (_what, object, of, mirrored) => {
  expect(isMirrored(object, of)).toBe(mirrored);
});

const http = { name: "http", port: 8080, protocol: "TCP" };
const written = (object: Endpoints | undefined, present: EndpointSlice[] = []) =>
  planMirror(object, present).map(({ kind, slice }) => ({
    kind,
    type: slice.addressType,
    ports: slice.ports?.map(({ port }) => port),
    ready: slice.endpoints.map(({ addresses, conditions }) => `${addresses[0]}=${conditions?.ready}`),
  }));

test("a slice a set of ports and a family; what is not ready says so", () => {
  const object = endpoints([
    {
      addresses: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }],
      notReadyAddresses: [{ ip: "192.0.2.2" }],
      ports: [http],
    },
    { addresses: [{ ip: "192.0.2.3" }], ports: [{ port: 9090 }] },
    { addresses: [{ ip: "192.0.2.4" }, { ip: "no address" }], ports: [http] },
  ]);
  expect(written(object)).toEqual([
    {
      kind: "create",
      type: "IPv4",
      ports: [8080],
      ready: ["192.0.2.1=true", "192.0.2.2=false", "192.0.2.4=true"],
    },
    { kind: "create", type: "IPv6", ports: [8080], ready: ["2001:db8::1=true"] },
    { kind: "create", type: "IPv4", ports: [9090], ready: ["192.0.2.3=true"] },
  ]);
});

test("it has the labels and annotations of its source, which owns it", () => {
  const object = endpoints(
    [{ addresses: [{ ip: "192.0.2.1", hostname: "a", nodeName: "node01" }], ports: [http] }],
    {
      labels: { team: "net" },
      annotations: { note: "by hand", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    },
  );
  const [write] = planMirror(object, []);
  expect(write!.slice).toEqual({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "",
      generateName: "far-",
      namespace: "shop",
      labels: {
        team: "net",
        "kubernetes.io/service-name": "far",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
      },
      annotations: { note: "by hand" },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Endpoints",
          name: "far",
          uid: "far-uid",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: "IPv4",
    ports: [http],
    endpoints: [{ addresses: ["192.0.2.1"], conditions: { ready: true }, hostname: "a", nodeName: "node01" }],
  });
  expect(planMirror(object, [write!.slice])).toEqual([]);
});

test("a change updates, what is no longer wanted goes, no more than 1000 addresses of a subset are taken", () => {
  const one = endpoints([{ addresses: [{ ip: "192.0.2.1" }], ports: [http] }]);
  const slice = planMirror(one, [])[0]!.slice;
  const two = endpoints([{ addresses: [{ ip: "192.0.2.2" }], ports: [http] }]);
  expect(written(two, [slice])).toMatchObject([{ kind: "update", ready: ["192.0.2.2=true"] }]);
  expect(written(undefined, [slice])).toMatchObject([{ kind: "delete" }]);
  const other = endpoints([{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 1 }] }]);
  expect(written(other, [slice]).map(({ kind }) => kind)).toEqual(["create", "delete"]);
  const many = Array.from({ length: 1200 }, (_, at) => ({ ip: `192.0.${at >> 8}.${at & 255}` }));
  expect(planMirror(endpoints([{ addresses: many }]), [])[0]!.slice.endpoints).toHaveLength(1000);
});
