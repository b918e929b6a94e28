import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlledCluster, type ControlledCluster } from "../testing";

let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster();
}, 300_000);
afterAll(() => t?.close());

const apply = (...objects: object[]) =>
  t.ok("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
const pod = (name: string, app: string, image = "nginx", more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app } },
  spec: {
    containers: [
      {
        name: "main",
        image,
        ports: [
          { name: "web", containerPort: 8080 },
          { name: "metrics", containerPort: 9090 },
        ],
      },
    ],
    ...more,
  },
});
const service = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});
const slicesOf = (name: string) =>
  t.informers.endpointSlices
    .list("default")
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
const stateOf = (service: string, podName: string) =>
  slicesOf(service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .find(({ targetRef }) => targetRef?.name === podName)?.conditions;
const ip = (name: string) => t.informers.pods.get("default", name)!.status!.podIP!;

test("two ports by name, each pod at its own numbers", async () => {
  const ports = [
    { name: "http", port: 80, targetPort: "web" },
    { name: "stats", port: 81, targetPort: "metrics" },
  ];
  await apply(service("duo", { ports }), pod("duo-1", "duo"));
  await t.until("it is an endpoint", () => stateOf("duo", "duo-1")?.ready);
  expect(await t.ok("get endpoints duo --no-headers")).toContain(`${ip("duo-1")}:8080,${ip("duo-1")}:9090`);
  expect(slicesOf("duo").flatMap((one) => one.ports?.map(({ name, port }) => `${name} ${port}`))).toEqual([
    "http 8080",
    "stats 9090",
  ]);
});

test("not ready, terminating, relabelled: what each is in the slice and in the Endpoints", async () => {
  await apply(
    service("app", {}),
    service("early", { selector: { app: "app" }, clusterIP: "None", publishNotReadyAddresses: true }),
    pod("good", "app", "stays"),
    pod("bad", "app", "unready"),
  );
  await t.until("both are seen", () => stateOf("app", "good")?.ready && stateOf("app", "bad"));
  expect(stateOf("app", "bad")).toMatchObject({ ready: false, serving: false, terminating: false });
  expect(stateOf("early", "bad")).toMatchObject({ ready: true });
  expect(await t.ok("get endpoints app -o jsonpath={.subsets[0].notReadyAddresses[*].ip}")).toBe(ip("bad"));
  await t.ok("delete pod good --wait=false");
  await t.until("it serves to its end", () => stateOf("app", "good")?.terminating);
  expect(stateOf("app", "good")).toEqual({ ready: false, serving: true, terminating: true });
  await t.until(
    "the Endpoints are without it",
    async () =>
      !(await t.ok("get endpoints app -o jsonpath={.subsets[*].addresses[*].ip}")).includes(ip("good")),
  );
  await t.kubelet.letGo("default", "good");
  await t.until("it is gone", () => !stateOf("app", "good"));
  await t.ok("label pod bad --overwrite app=other");
  await t.until("a pod of another label is none", () => !stateOf("app", "bad"));
});

test("a LoadBalancer waits for an address that nobody gives, and works by its node port meanwhile", async () => {
  await apply(service("outside", { type: "LoadBalancer" }), pod("outside-1", "outside"));
  await t.until("it has its endpoint", () => stateOf("outside", "outside-1")?.ready);
  expect(await t.ok("get service outside --no-headers")).toMatch(
    /^outside +LoadBalancer +[\d.]+ +<pending> +80:3\d{4}\/TCP/,
  );
});

test("a Service without selector keeps what somebody else gives it; one that goes takes its slices", async () => {
  await apply(
    { apiVersion: "v1", kind: "Service", metadata: { name: "far" }, spec: { ports: [{ port: 80 }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "far-1", labels: { "kubernetes.io/service-name": "far" } },
      addressType: "IPv4",
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ["192.0.2.9"] }],
    },
  );
  await t.ok("delete service duo");
  await t.until("its slices are gone", () => slicesOf("duo").length === 0);
  expect(slicesOf("far")[0]?.endpoints?.[0]?.addresses).toEqual(["192.0.2.9"]);
});

test("Endpoints made by hand for a Service without selector are mirrored, follow, and go with the Service", async () => {
  const addresses = (...ips: string[]) => ({
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "manual" },
    subsets: [{ addresses: ips.map((address) => ({ ip: address })), ports: [{ port: 5432 }] }],
  });
  const given = () => slicesOf("manual").flatMap(({ endpoints }) => endpoints ?? []);
  await apply(
    { apiVersion: "v1", kind: "Service", metadata: { name: "manual" }, spec: { ports: [{ port: 5432 }] } },
    addresses("192.0.2.1", "192.0.2.2"),
  );
  await t.until("both are given", () => given().length === 2);
  expect(await t.ok("get endpointslices -l kubernetes.io/service-name=manual --no-headers")).toMatch(
    /^manual-\w+ +IPv4 +5432 +192\.0\.2\.1,192\.0\.2\.2 /,
  );
  expect(await t.ok("describe service manual")).toMatch(/Endpoints: +192\.0\.2\.1:5432,192\.0\.2\.2:5432/);
  await apply(addresses("192.0.2.3"));
  await t.until(
    "they follow",
    () =>
      given()
        .map(({ addresses: [first] }) => first)
        .join() === "192.0.2.3",
  );
  await t.ok("delete endpointslices -l kubernetes.io/service-name=manual");
  await t.until("the mirror is made again", () => given().length === 1);
  await t.ok("delete service manual");
  await t.until("nothing is left", () => slicesOf("manual").length === 0);
  // The API server's own Endpoints say that they are not to be mirrored.
  expect(
    t.informers.endpointSlices
      .list()
      .filter(({ metadata }) =>
        metadata.labels?.["endpointslice.kubernetes.io/managed-by"]?.startsWith("endpointslicemirroring"),
      ),
  ).toEqual([]);
});
