import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import { refs } from "@/lib/cluster/client/refs";
import type { Pod } from "@/lib/cluster/resources/types";
import { startTestKubelet, type TestKubelet } from "./testing";

let kubelet: TestKubelet;

beforeEach(async () => {
  kubelet = await startTestKubelet();
});
afterEach(() => kubelet.close());

const podOf = (name: string, image = "nginx", spec: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: {
    nodeName: "node01",
    automountServiceAccountToken: false,
    containers: [{ name, image }],
    ...spec,
  } as Pod["spec"],
});
const create = (pod: Pod) => kubelet.admin.create(refs.pods, pod);
const get = (name: string) => kubelet.admin.get<Pod>(refs.pods, "default", name);
const isRunning = ({ status }: Pod) => status?.phase === "Running";
const running = (name: string) => eventually(() => get(name), isRunning);

test("a node full of pods that are slow to end goes on starting others", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `slow-${index}`);
  for (const name of names) {
    await create(podOf(name));
    kubelet.runtime.deaf.add(name);
  }
  await Promise.all(names.map(running));
  for (const name of names) await kubelet.admin.delete(refs.pods, "default", name);
  await create(podOf("next"));
  expect(isRunning(await eventually(() => get("next"), isRunning, 5000))).toBe(true);
  expect(kubelet.runtime.running()).toContain("slow-19");
  kubelet.runtime.kill();
  const left = await eventually(
    async () => (await kubelet.admin.list<Pod>(refs.pods)).items.map(({ metadata }) => metadata.name),
    (all) => all.length === 1,
  );
  expect(left).toEqual(["next"]);
});

test("a container that ends while its own pod is being synced is seen afterwards, though others still are", async () => {
  const arrivals = new Map<string, () => void>();
  for (const image of ["far", "farther"])
    kubelet.runtime.slowImages.set(image, new Promise<void>((resolve) => arrivals.set(image, resolve)));
  await create(podOf("waiting", "farther"));
  const pod = podOf("pair");
  pod.spec.containers.push({ name: "late", image: "far" } as Pod["spec"]["containers"][number]);
  await create(pod);
  await eventually(
    () => Promise.resolve(kubelet.runtime.running()),
    (names) => names.includes("pair"),
  );
  kubelet.runtime.end("pair", 3);
  // The change is taken notice of before the image is there.
  await new Promise((resolve) => setTimeout(resolve, 100));
  arrivals.get("far")!();
  const seen = await eventually(
    () => get("pair"),
    ({ status }) => status?.containerStatuses?.some(({ restartCount }) => restartCount === 1) ?? false,
    5000,
  );
  expect(seen.status?.containerStatuses?.find(({ name }) => name === "pair")?.restartCount).toBe(1);
  arrivals.get("farther")!();
  await running("waiting");
});

test("another kubelet over the same node reports the same images", async () => {
  await create(podOf("web"));
  const { status } = await running("web");
  expect(status?.containerStatuses?.[0]?.imageID).toBe("sha256:nginx");
  await kubelet.restart();
  await kubelet.admin.patch(refs.pods, "default", "web", "application/merge-patch+json", {
    metadata: { labels: { touched: "yes" } },
  });
  await create(podOf("after"));
  await running("after");
  const [container] = (await get("web")).status?.containerStatuses ?? [];
  expect(container?.imageID).toBe("sha256:nginx");
});

test("another kubelet over the same node goes on writing what a ConfigMap has become", async () => {
  const { admin, runtime } = kubelet;
  const configMap = (text: string) => ({
    ...{ apiVersion: "v1", kind: "ConfigMap", data: { "motd.txt": text } },
    metadata: { name: "motd", namespace: "default" },
  });
  await admin.create(refs.configMaps, configMap("first"));
  await create(podOf("web", "nginx", { volumes: [{ name: "motd", configMap: { name: "motd" } }] }));
  await running("web");
  expect([...runtime.files.values()]).toEqual(["first"]);
  await kubelet.restart();
  await admin.update(refs.configMaps, configMap("second"));
  const files = await eventually(
    () => Promise.resolve([...runtime.files.values()]),
    ([text]) => text === "second",
    5000,
  );
  expect(files).toEqual(["second"]);
});

test("a variable of a limit that is not set is what the node gives to pods", async () => {
  const env = [{ name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory" } } }];
  await create(podOf("web", "nginx", { containers: [{ name: "web", image: "nginx", env }] }));
  await running("web");
  // All but the 100 MiB of the eviction threshold.
  const value = String((4096 - 100) * 1024 * 1024);
  expect(kubelet.runtime.requests[0]?.env).toContainEqual({ name: "MEMORY", value });
});

test("a static pod runs though the API server refuses its mirror pod, which comes when it may", async () => {
  const { runtime, admin } = kubelet;
  const manifest = {
    ...podOf("agent"),
    metadata: { name: "agent", namespace: "later" },
  };
  runtime.inspection.manifests.push({
    path: "/etc/kubernetes/manifests/a.yaml",
    content: JSON.stringify(manifest),
  });
  runtime.changed("files");
  expect(
    await eventually(
      () => Promise.resolve(runtime.running()),
      (names) => names.includes("agent"),
      5000,
    ),
  ).toEqual(["agent"]);
  expect(runtime.logged.join("\n")).toContain('"Failed creating a mirror pod" err="namespaces');
  await admin.create(refs.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "later" } });
  await admin.create(refs.serviceAccounts, {
    ...{ apiVersion: "v1", kind: "ServiceAccount" },
    metadata: { name: "default", namespace: "later" },
  });
  const mirror = await eventually(() => admin.get<Pod>(refs.pods, "later", "agent-node01"), isRunning);
  expect(isRunning(mirror)).toBe(true);
});
