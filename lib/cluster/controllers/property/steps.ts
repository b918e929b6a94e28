import fc from "fast-check";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
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
  | { do: "restart" }
  | { do: "pass"; ms: number };

interface Place {
  namespace: (typeof namespaces)[number];
  name: string;
}

const workloads = {
  deployments: refs.deployments,
  statefulSets: refs.statefulSets,
  daemonSets: refs.daemonSets,
  jobs: refs.jobs,
  services: refs.services,
};
const policies = ["Background", "Foreground", "Orphan"] as const;

const of = fc.record({ namespace: fc.constantFrom(...namespaces), name: fc.constantFrom("web", "db") });
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
  { weight: 1, arbitrary: record("restart", {}) },
  { weight: 3, arbitrary: record("pass", { ms: fc.nat(90_000) }) },
) as fc.Arbitrary<Step>;

/** Does one step and lets the controllers have at most a few turns: the next may find them in the middle. */
export async function take(step: Step, world: World): Promise<void> {
  try {
    await act(step, world);
  } catch (failure) {
    if (!isNotFound(failure)) throw failure;
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
    case "kill":
    case "relabel":
    case "unready": {
      const pods = informers.pods.list();
      const pod = pods[step.pod % Math.max(1, pods.length)];
      if (!pod) return;
      const { namespace, name } = pod.metadata;
      if (step.do === "kill") return admin.delete(refs.pods, namespace, name);
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
  { admin }: World,
  kind: keyof typeof workloads,
  apiVersion: string,
  kindName: string,
  { namespace, name }: Place,
  spec: object,
): Promise<void> {
  await admin.patch<KubeObject>(
    workloads[kind],
    namespace,
    name,
    "application/apply-patch+yaml",
    { apiVersion, kind: kindName, metadata: { name, namespace }, spec },
    { fieldManager: "property", force: true },
  );
}
