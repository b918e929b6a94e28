import fc from "fast-check";
import { refs } from "@/lib/cluster/client/refs";
import { hasReason, isAlreadyExists, isForbidden, isNotFound } from "@/lib/cluster/client/status";
import { selectorOf } from "@/lib/cluster/client/label-selector";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { LabelSelector, Pod } from "@/lib/cluster/resources/types";
import { isActive, isReady } from "../pods";
import { namespaces, nodeNames, type World } from "./testing";

/** What somebody does to a cluster, or what befalls it. */
export type Step =
  | { do: "deploy"; of: Place; replicas: number; image: string }
  | { do: "stateful"; of: Place; replicas: number; image: string }
  | { do: "daemon"; of: Place; image: string }
  | { do: "job"; of: Place; completions: number; image: string }
  | { do: "serve"; of: Place }
  | { do: "delete"; of: Place; kind: keyof typeof workloads; policy: (typeof policies)[number] }
  | { do: "kill" | "relabel" | "unready"; pod: number }
  | { do: "lose" | "return" | "cordon" | "uncordon"; node: number }
  | { do: "budget"; of: Place; minAvailable: number | string }
  | { do: "autoscale"; of: Place; minReplicas: number; maxReplicas: number }
  | { do: "evict"; pod: number }
  | { do: "erase" }
  | { do: "restart" }
  | { do: "pass"; ms: number };

interface Place {
  namespace: (typeof places)[number];
  name: string;
}

/** The last is made by whoever needs it, and deleted with all that is in it. */
const places = [...namespaces, "brief"] as const;

const workloads = {
  deployments: refs.deployments,
  statefulSets: refs.statefulSets,
  daemonSets: refs.daemonSets,
  jobs: refs.jobs,
  services: refs.services,
  podDisruptionBudgets: refs.podDisruptionBudgets,
  horizontalPodAutoscalers: refs.horizontalPodAutoscalers,
};
const policies = ["Background", "Foreground", "Orphan"] as const;

const of = fc.record({
  namespace: fc.constantFrom(...places, "free" as const),
  name: fc.constantFrom("web", "db"),
});
const replicas = fc.nat(4);
const image = fc.constantFrom("nginx:1", "nginx:2", "nginx:2", "unready");
const record = <T extends Step["do"], M extends object>(
  name: T,
  model: { [K in keyof M]: fc.Arbitrary<M[K]> },
) => fc.record({ do: fc.constant(name), ...model } as { do: fc.Arbitrary<T> } & typeof model);

export const anyStep = fc.oneof(
  { weight: 6, arbitrary: record("deploy", { of, replicas, image }) },
  { weight: 2, arbitrary: record("stateful", { of, replicas, image }) },
  { weight: 1, arbitrary: record("daemon", { of, image }) },
  {
    weight: 1,
    arbitrary: record("job", {
      of,
      completions: fc.integer({ min: 1, max: 3 }),
      image: fc.constantFrom("exit-0", "exit-1"),
    }),
  },
  { weight: 3, arbitrary: record("serve", { of }) },
  {
    weight: 3,
    arbitrary: record("delete", {
      of,
      kind: fc.constantFrom(...(Object.keys(workloads) as (keyof typeof workloads)[])),
      policy: fc.constantFrom(...policies),
    }),
  },
  { weight: 4, arbitrary: record("kill", { pod: fc.nat(20) }) },
  { weight: 1, arbitrary: record("relabel", { pod: fc.nat(20) }) },
  { weight: 2, arbitrary: record("unready", { pod: fc.nat(20) }) },
  { weight: 2, arbitrary: record("lose", { node: fc.nat(2) }) },
  { weight: 2, arbitrary: record("return", { node: fc.nat(2) }) },
  { weight: 1, arbitrary: record("cordon", { node: fc.nat(2) }) },
  { weight: 1, arbitrary: record("uncordon", { node: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: record("budget", { of, minAvailable: fc.constantFrom(0, 1, 2, "50%", "100%") }),
  },
  {
    weight: 1,
    arbitrary: record("autoscale", {
      of,
      minReplicas: fc.integer({ min: 1, max: 2 }),
      maxReplicas: fc.integer({ min: 2, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: record("evict", { pod: fc.nat(20) }) },
  { weight: 1, arbitrary: record("erase", {}) },
  { weight: 1, arbitrary: record("restart", {}) },
  { weight: 3, arbitrary: record("pass", { ms: fc.nat(90_000) }) },
) as fc.Arbitrary<Step>;

/** Does one step and lets the controllers have at most a few turns: the next may find them in the middle. */
export async function take(step: Step, world: World): Promise<void> {
  try {
    await act(step, world);
  } catch (failure) {
    // Gone meanwhile, its namespace on its way out, or a budget that says no.
    if (!isNotFound(failure) && !isForbidden(failure) && !hasReason(failure, "TooManyRequests"))
      throw failure;
  }
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
}

async function act(step: Step, world: World): Promise<void> {
  const { admin, informers, kubelet, clock, lostNodes } = world;
  switch (step.do) {
    case "deploy":
      return apply(world, "deployments", "apps/v1", "Deployment", step.of, {
        replicas: step.replicas,
        strategy: { type: step.of.name === "db" ? "Recreate" : "RollingUpdate" },
        ...template(step.of, "deployment", step.image),
      });
    case "stateful":
      return apply(world, "statefulSets", "apps/v1", "StatefulSet", step.of, {
        replicas: step.replicas,
        serviceName: step.of.name,
        ...template(step.of, "stateful", step.image),
      });
    case "daemon":
      return apply(
        world,
        "daemonSets",
        "apps/v1",
        "DaemonSet",
        step.of,
        template(step.of, "daemon", step.image),
      );
    case "job": {
      if (informers.jobs.get(step.of.namespace, step.of.name)) return;
      const { completions, image: ends } = step;
      const { spec } = template(step.of, "job", ends).template;
      return apply(world, "jobs", "batch/v1", "Job", step.of, {
        completions,
        parallelism: 2,
        backoffLimit: 1,
        template: { spec: { ...spec, restartPolicy: "Never" } },
      });
    }
    case "serve":
      return apply(world, "services", "v1", "Service", step.of, {
        selector: { app: step.of.name },
        ports: [{ port: 80 }],
      });
    case "delete":
      return admin.delete(workloads[step.kind], step.of.namespace, step.of.name, {
        propagationPolicy: step.policy,
      });
    case "budget":
      return apply(world, "podDisruptionBudgets", "policy/v1", "PodDisruptionBudget", step.of, {
        minAvailable: step.minAvailable,
        selector: { matchLabels: { app: step.of.name } },
      });
    case "autoscale":
      return apply(world, "horizontalPodAutoscalers", "autoscaling/v2", "HorizontalPodAutoscaler", step.of, {
        minReplicas: step.minReplicas,
        maxReplicas: step.maxReplicas,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: step.of.name },
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
          },
        ],
      });
    case "erase":
      return admin.delete(refs.namespaces, undefined, "brief");
    case "evict":
    case "kill":
    case "relabel":
    case "unready": {
      const pods = informers.pods.list();
      const pod = pods[step.pod % Math.max(1, pods.length)];
      if (!pod) return;
      const { namespace, name } = pod.metadata;
      if (step.do === "kill") return admin.delete(refs.pods, namespace, name);
      if (step.do === "evict") return evict(world, pod);
      if (step.do === "relabel")
        return void (await admin.patch(refs.pods, namespace, name, "application/merge-patch+json", {
          metadata: { labels: { app: null } },
        }));
      if (pod.status?.phase === "Running") await kubelet.setReady(namespace!, name, false);
      return;
    }
    case "lose":
      lostNodes.add(nodeNames[step.node]!);
      return kubelet.lose(nodeNames[step.node]!);
    case "return":
      lostNodes.delete(nodeNames[step.node]!);
      return kubelet.recover(nodeNames[step.node]!);
    case "cordon":
    case "uncordon":
      await admin.patch(refs.nodes, undefined, nodeNames[step.node]!, "application/merge-patch+json", {
        spec: { unschedulable: step.do === "cordon" ? true : null },
      });
      return;
    case "restart":
      return world.restart();
    case "pass":
      return clock.advance(step.ms);
  }
}

/** An eviction that is granted left the budgets what they ask for. */
async function evict({ admin, informers, broken }: World, pod: Pod): Promise<void> {
  const { namespace, name } = pod.metadata;
  const healthy = (selector: LabelSelector | undefined, without?: Pod) =>
    informers.pods
      .list(namespace)
      .filter((one) => selectorOf(selector)(one.metadata.labels) && isActive(one) && isReady(one))
      .filter(({ metadata }) => metadata.uid !== without?.metadata.uid).length;
  const fixed = informers.podDisruptionBudgets
    .list(namespace)
    .filter(({ spec }) => typeof spec?.minAvailable === "number")
    .filter(({ spec }) => selectorOf(spec?.selector)(pod.metadata.labels))
    .filter(({ spec }) => isReady(pod) && healthy(spec?.selector) <= Number(spec?.minAvailable));
  await admin.createSubresource(refs.pods, namespace, name, "eviction", {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
  });
  for (const { metadata, spec } of fixed)
    broken.push(`${name} was evicted though ${metadata.name} wants ${spec?.minAvailable} healthy pods`);
}

/** Each kind of workload has a label of its own, so that none takes another's pods. */
function template({ name }: Place, kind: string, podImage: string) {
  const labels = { app: name, kind };
  return {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "main", image: podImage, ports: [{ containerPort: 80 }] }] },
    },
  };
}

async function apply(
  { admin, quiet }: World,
  kind: keyof typeof workloads,
  apiVersion: string,
  kindName: string,
  { namespace, name }: Place,
  spec: object,
): Promise<void> {
  if (namespace === "brief") {
    const isNew = await admin
      .create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })
      .catch((failure: unknown) => {
        if (!isAlreadyExists(failure)) throw failure;
      });
    if (isNew) await quiet(); // pods need the account that it is given
  }
  await admin.patch<KubeObject>(
    workloads[kind],
    namespace,
    name,
    "application/apply-patch+yaml",
    { apiVersion, kind: kindName, metadata: { name, namespace }, spec },
    { fieldManager: "property", force: true },
  );
}
