import { expect, test } from "vitest";
import type { HorizontalPodAutoscaler } from "../types";
import { hpaToV1, hpaToV2 } from "./convert";
import { hpaTargets } from "./targets";

const v1 = {
  apiVersion: "autoscaling/v1",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web", namespace: "default" },
  spec: {
    scaleTargetRef: { kind: "Deployment", name: "web" },
    maxReplicas: 5,
    targetCPUUtilizationPercentage: 50,
  },
};

test("v1's one target is a metric in v2 and comes back as it was", () => {
  const v2 = hpaToV2(v1) as HorizontalPodAutoscaler;
  expect(v2.apiVersion).toBe("autoscaling/v2");
  expect(v2.spec.metrics).toEqual([
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
  ]);
  expect(hpaToV1(v2)).toMatchObject({ apiVersion: "autoscaling/v1", spec: v1.spec });
});

test("what v1 cannot say travels in annotations", () => {
  const v2 = hpaToV2(v1) as HorizontalPodAutoscaler;
  const memory = {
    type: "Resource",
    resource: { name: "memory", target: { type: "AverageValue", averageValue: "200Mi" } },
  };
  v2.spec.metrics = [...(v2.spec.metrics ?? []), memory];
  v2.spec.behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
  const back = hpaToV2(hpaToV1(v2)) as HorizontalPodAutoscaler;
  expect(back.spec.behavior).toEqual(v2.spec.behavior);
  expect(back.spec.metrics).toHaveLength(2);
  expect(back.spec.metrics).toEqual(expect.arrayContaining(v2.spec.metrics));
});

test("targets show what is and what should be", () => {
  const v2 = hpaToV2(v1) as HorizontalPodAutoscaler;
  v2.status = {
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 12 } } }],
  };
  expect(hpaTargets(v2)).toBe("cpu: 12%/50%");
});
