import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Condition, HorizontalPodAutoscaler, LabelSelector } from "@/lib/cluster/resources/types";
import { collectionOf, type Collection } from "../collections";
import { withCondition } from "../conditions";
import { keyOf, recorderFor, runLoop, splitKey, type ControllerContext, type Running } from "../controller";
import { canonical, matcher } from "../pods";
import { rfc3339 } from "../rfc3339";
import { limitChange, type ScalingMemory } from "./limit-change";
import { MetricFailure, metricReplicas, type MetricResult, type PodMetrics } from "./metric-replicas";

const periodMs = 15_000;
const podMetrics = { group: "metrics.k8s.io", version: "v1beta1", plural: "pods" };

type Scaled = KubeObject & {
  spec?: { replicas?: number; selector?: LabelSelector };
  status?: { replicas?: number };
};

/** Sizes workloads by the metrics of their pods, every 15 s (kubernetes 1.34 pkg/controller/podautoscaler). */
export function runHorizontalPodAutoscalers(context: ControllerContext): Running {
  const { informers, client, clock } = context;
  const recorder = recorderFor(context, "horizontal-pod-autoscaler");
  const memories = new Map<string, ScalingMemory>();

  async function metricsOf(namespace: string): Promise<PodMetrics[]> {
    try {
      return (await client.list<PodMetrics>(podMetrics, { namespace })).items;
    } catch (failure) {
      // client-go words a group that nobody serves so.
      throw isNotFound(failure)
        ? new Error("the server could not find the requested resource (get pods.metrics.k8s.io)")
        : failure;
    }
  }

  /** What each metric asks for; those that fail are told of, and count only against shrinking. */
  async function measure(
    autoscaler: HorizontalPodAutoscaler,
    target: Scaled,
    current: number,
  ): Promise<{ results: MetricResult[]; failures: MetricFailure[] }> {
    const matches = matcher(target.spec?.selector);
    const { namespace } = autoscaler.metadata;
    const pods = informers.pods.list(namespace).filter(({ metadata }) => matches(metadata.labels));
    const results: MetricResult[] = [];
    const failures: MetricFailure[] = [];
    for (const metric of autoscaler.spec.metrics ?? []) {
      const source = metric.resource ?? metric.containerResource;
      try {
        const all = await metricsOf(namespace!).catch((failure: unknown) => {
          const { name = "", target: wanted } = source ?? {};
          const what = wanted?.averageUtilization === undefined ? "resource metric value" : "utilization";
          throw new MetricFailure(
            `FailedGet${metric.type}Metric`,
            `failed to get ${name} ${what}: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: ${(failure as Error).message}`,
          );
        });
        const own = all.filter(({ metadata }) => pods.some((pod) => pod.metadata.name === metadata.name));
        results.push(metricReplicas(metric, current, pods, own));
      } catch (failure) {
        if (!(failure instanceof MetricFailure)) throw failure;
        failures.push(failure);
      }
    }
    return { results, failures };
  }

  async function size(
    autoscaler: HorizontalPodAutoscaler,
    key: string,
  ): Promise<HorizontalPodAutoscaler["status"]> {
    const nowMs = clock.now();
    const { spec, metadata } = autoscaler;
    const status = { ...autoscaler.status };
    const say = (type: string, isTrue: boolean, reason: string, message: string) => {
      const condition: Condition = { type, status: isTrue ? "True" : "False", reason, message };
      status.conditions = withCondition(status.conditions ?? [], condition, nowMs);
    };
    const { kind, name, apiVersion = "v1" } = spec.scaleTargetRef;
    const collection = collectionOf(apiVersion, kind);
    let target: Scaled;
    try {
      if (!collection)
        throw new Error(`no matches for kind "${kind}" in group "${apiVersion.split("/")[0]}"`);
      target = await client.get<Scaled>(collection, metadata.namespace, name);
    } catch (failure) {
      const { message } = failure as Error;
      recorder.event(autoscaler, "Warning", "FailedGetScale", message);
      say(
        "AbleToScale",
        false,
        "FailedGetScale",
        `the HPA controller was unable to get the target's current scale: ${message}`,
      );
      return status;
    }
    const current = target.spec?.replicas ?? 1;
    status.observedGeneration = metadata.generation;
    status.currentReplicas = target.status?.replicas ?? 0;
    status.desiredReplicas = current;
    say(
      "AbleToScale",
      true,
      "SucceededGetScale",
      "the HPA controller was able to get the target's current scale",
    );
    const min = spec.minReplicas ?? 1;
    if (current === 0) {
      say(
        "ScalingActive",
        false,
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
      );
      return status;
    }
    let wanted: number;
    let why: string;
    const memory = memories.get(key) ?? { recommendations: [], changes: [] };
    memories.set(key, memory);
    if (current > spec.maxReplicas) {
      wanted = spec.maxReplicas;
      why = "Current number of replicas above Spec.MaxReplicas";
    } else if (current < min) {
      wanted = min;
      why = "Current number of replicas below Spec.MinReplicas";
    } else {
      const { results, failures } = await measure(autoscaler, target, current);
      for (const { reason, message } of failures) recorder.event(autoscaler, "Warning", reason, message);
      const highest = results.sort((a, b) => b.replicas - a.replicas)[0];
      status.currentMetrics = results.length > 0 ? results.map((result) => result.status) : null;
      // A metric that cannot be read might ask for more: then nothing shrinks.
      if (!highest || (failures.length > 0 && highest.replicas < current)) {
        const [first] = failures;
        const message = `invalid metrics (${failures.length} invalid out of ${spec.metrics?.length ?? 0}), first error is: ${first?.message ?? ""}`;
        recorder.event(autoscaler, "Warning", "FailedComputeMetricsReplicas", message);
        say(
          "ScalingActive",
          false,
          first?.reason ?? "InvalidMetricSourceType",
          `the HPA was unable to compute the replica count: ${first?.message ?? ""}`,
        );
        return status;
      }
      say(
        "ScalingActive",
        true,
        "ValidMetricFound",
        `the HPA was able to successfully calculate a replica count from ${highest.name}`,
      );
      const change = limitChange(autoscaler, current, highest.replicas, memory, nowMs);
      say("AbleToScale", true, change.able.reason, change.able.message);
      say("ScalingLimited", change.limited.isLimited, change.limited.reason, change.limited.message);
      wanted = change.replicas;
      why = wanted > current ? `${highest.name} above target` : "All metrics below target";
    }
    if (wanted === current) return status;
    await rescale(autoscaler, collection!, wanted, why, say);
    memory.changes.push({ atMs: nowMs, by: wanted - current });
    status.desiredReplicas = wanted;
    status.lastScaleTime = rfc3339(nowMs);
    return status;
  }

  async function rescale(
    autoscaler: HorizontalPodAutoscaler,
    collection: Collection,
    replicas: number,
    why: string,
    say: (type: string, isTrue: boolean, reason: string, message: string) => void,
  ): Promise<void> {
    const { name } = autoscaler.spec.scaleTargetRef;
    try {
      await client.patch(
        collection,
        autoscaler.metadata.namespace,
        name,
        "application/merge-patch+json",
        { spec: { replicas } },
        { subresource: "scale" },
      );
    } catch (failure) {
      const { message } = failure as Error;
      recorder.event(
        autoscaler,
        "Warning",
        "FailedRescale",
        `New size: ${replicas}; reason: ${why}; error: ${message}`,
      );
      throw failure;
    }
    say(
      "AbleToScale",
      true,
      "SucceededRescale",
      `the HPA controller was able to update the target scale to ${replicas}`,
    );
    recorder.event(autoscaler, "Normal", "SuccessfulRescale", `New size: ${replicas}; reason: ${why}`);
  }

  return runLoop(context, {
    name: "horizontal-pod-autoscalers",
    initial: () => informers.horizontalPodAutoscalers.list().map(keyOf),
    watch: (add) => [
      informers.horizontalPodAutoscalers.onChange((now, old) => {
        if (!now) memories.delete(keyOf(old!));
        // What it writes itself does not make it look again.
        else if (canonical(now.spec) !== canonical(old?.spec ?? {})) add(keyOf(now));
      }),
    ],
    async reconcile(key, addAfter) {
      const { namespace, name } = splitKey(key);
      const autoscaler = informers.horizontalPodAutoscalers.get(namespace, name);
      if (!autoscaler) return;
      addAfter(periodMs);
      const status = await size(autoscaler, key);
      if (canonical(status) === canonical(autoscaler.status ?? {})) return;
      const written = await client.updateStatus<HorizontalPodAutoscaler>(refs.horizontalPodAutoscalers, {
        ...autoscaler,
        status,
      });
      await informers.horizontalPodAutoscalers.reached(written);
    },
  });
}
