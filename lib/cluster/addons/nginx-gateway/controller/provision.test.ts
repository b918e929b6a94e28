import { expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Service } from "@/lib/cluster/resources/types";
import { gateway } from "../testing/objects";
import { dataPlaneObjects } from "./data-plane-objects";
import type { ControllerOptions } from "./options";
import { provision } from "./provision";

const options = {
  className: "nginx",
  serviceName: "nginx-gateway",
  image: "ghcr.io/nginx/nginx-gateway-fabric:2.2.0",
  version: "2.2.0",
} as ControllerOptions;
const web = (ports: number[]) => {
  const one = gateway(
    "web",
    ports.map((port) => ({ name: `p${port}`, port })),
  );
  return { ...one, metadata: { ...one.metadata, uid: "1" } };
};
const objects = (ports: number[]) =>
  dataPlaneObjects(web(ports), { deployment: {}, service: { type: "NodePort" } }, options, "nginx-gateway");

function fakeClient(found: KubeObject[]) {
  const updated: KubeObject[] = [];
  const client = {
    get: async (_: unknown, __: unknown, name: string) => found.find((one) => one.metadata.name === name)!,
    update: async (_: unknown, object: KubeObject) => void updated.push(object),
  } as unknown as ClusterClient;
  return { client, updated };
}

test("a new listener's port joins the Service, and a node port that somebody set stays", async () => {
  const found = objects([80]).find(({ kind }) => kind === "Service") as Service;
  found.spec.ports = [{ ...found.spec.ports![0]!, nodePort: 30080 }];
  found.spec.clusterIP = "10.96.0.9";
  const { client, updated } = fakeClient([found]);
  const wanted = objects([80, 8080]).filter(({ kind }) => kind === "Service");
  await provision(client, wanted, () => undefined);
  expect(updated[0]).toMatchObject({
    spec: {
      clusterIP: "10.96.0.9",
      ports: [
        { name: "port-80", port: 80, nodePort: 30080 },
        { name: "port-8080", port: 8080 },
      ],
    },
  });
});

test("what is as it shall be is not written again, whatever the API server has filled in", async () => {
  const found = objects([80]).find(({ kind }) => kind === "Deployment")!;
  const { client, updated } = fakeClient([
    { ...found, spec: { ...(found.spec as object), progressDeadlineSeconds: 600 }, status: { replicas: 1 } },
  ]);
  await provision(client, [objects([80]).find(({ kind }) => kind === "Deployment")!], () => undefined);
  expect(updated).toEqual([]);
});

test("a data plane runs the nginx of the controller's release", () => {
  const deployment = objects([80]).find(({ kind }) => kind === "Deployment")!;
  expect(JSON.stringify(deployment)).toContain('"ghcr.io/nginx/nginx-gateway-fabric/nginx:2.2.0"');
  expect(deployment.metadata).toMatchObject({
    name: "web-nginx",
    ownerReferences: [{ kind: "Gateway", name: "web" }],
  });
});
