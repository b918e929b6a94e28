import { expect, test } from "vitest";
import type { Pod } from "@/lib/cluster/resources/types";
import { factsOf } from "./follow-api-server-flags";

const withFlags = (...flags: string[]): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "kube-apiserver" },
  spec: { containers: [{ name: "kube-apiserver", command: ["kube-apiserver", ...flags] }] },
});

test("ranges are what the flags say, the last one first; what is no range changes nothing", () => {
  expect(
    factsOf(withFlags("--service-cluster-ip-range=10.96.0.0/12", "--service-cluster-ip-range=172.20.0.0/16")),
  ).toEqual({
    serviceCidr: "172.20.0.0/16",
  });
  expect(factsOf(withFlags("--service-node-port-range=31000-31010"))).toEqual({
    nodePortRange: { from: 31_000, to: 31_010 },
  });
  expect(factsOf(withFlags("--service-cluster-ip-range=10.300.0.0/16"))).toEqual({});
  expect(factsOf(withFlags("--service-cluster-ip-range=0.0.0.0/0", "--service-node-port-range=9-1"))).toEqual(
    {},
  );
});
