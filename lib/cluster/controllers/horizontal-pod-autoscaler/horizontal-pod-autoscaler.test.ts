import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { startControlledCluster, type ControlledCluster } from "../testing";

const clock = new ManualClock();
let t: ControlledCluster;
beforeAll(async () => {
  t = await startControlledCluster({ clock });
}, 300_000);
afterAll(() => t?.close());

const apply = (object: object) => t.ok("apply -f -", JSON.stringify(object));
const autoscaler = () => t.informers.horizontalPodAutoscalers.get("default", "web");
const condition = (type: string) => autoscaler()?.status?.conditions?.find((one) => one.type === type);
const pods = () =>
  t.informers.pods
    .list("default")
    .filter((pod) => pod.metadata.labels?.app === "web" && !pod.metadata.deletionTimestamp);

/** The metrics API as a custom resource: what a metrics-server would answer. */
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "pods.metrics.k8s.io",
    annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
  },
  spec: {
    group: "metrics.k8s.io",
    scope: "Namespaced",
    names: { plural: "pods", singular: "podmetrics", kind: "PodMetrics", listKind: "PodMetricsList" },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};
async function report(cpu: string): Promise<void> {
  const items = pods().map(({ metadata: { name } }) => ({
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "PodMetrics",
    metadata: { name },
    containers: [{ name: "nginx", usage: { cpu, memory: "10Mi" } }],
  }));
  await apply({ apiVersion: "v1", kind: "List", items });
}

test("without metrics it says so; with them it grows, is limited, and shrinks after five minutes", async () => {
  await t.ok("create deployment web --image=nginx --replicas=2");
  await t.ok("set resources deployment web --requests=cpu=100m");
  await t.ok("autoscale deployment web --cpu=50% --min=1 --max=6");
  await t.until(
    "it found no metrics",
    () => condition("ScalingActive")?.reason === "FailedGetResourceMetric",
  );
  expect(await t.ok("describe hpa web")).toContain(
    "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
  );
  expect(await t.ok("get hpa web --no-headers")).toMatch(/^web +Deployment\/web +cpu: <unknown>\/50% +1 +6 /);

  await apply(definition);
  await t.ok("wait --for=condition=established crd/pods.metrics.k8s.io");
  await t.ok("rollout status deployment web --timeout=90s");
  await report("100m");
  await clock.advance(15_000);
  await t.until("it has doubled", () => pods().length === 4);
  await t.ok("rollout status deployment web --timeout=90s");
  await report("100m");
  await clock.advance(15_000);
  await t.until("the maximum is reached", () => pods().length === 6);
  await t.until("it is limited", () => condition("ScalingLimited")?.reason === "TooManyReplicas");
  expect(await t.ok("describe hpa web")).toMatch(
    /SuccessfulRescale +\S+.* horizontal-pod-autoscaler +New size: 4; reason: cpu resource utilization \(percentage of request\) above target/,
  );
  await t.ok("rollout status deployment web --timeout=90s");
  await report("10m");
  await clock.advance(15_000);
  await t.until("it waits", () => condition("AbleToScale")?.reason === "ScaleDownStabilized");
  expect(pods()).toHaveLength(6);
  await clock.advance(320_000);
  await t.until("it shrinks", () => pods().length < 6);
});
