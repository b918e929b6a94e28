import { PassThrough } from "node:stream";
import {
  CoreV1Api,
  Exec,
  KubeConfig,
  makeInformer,
  Watch,
  type V1ConfigMap,
  type V1Status,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "./testing";
import { localNodeProxy } from "./testing-node-proxy";

let t: TestCluster;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  t = await startTestCluster({ nodeProxy: localNodeProxy });
  config = new KubeConfig();
  config.loadFromFile(t.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => t?.close());

const named = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name },
  data,
});
const namespace = "default";

describe("@kubernetes/client-node", () => {
  test("creates, lists, replaces and deletes", async () => {
    const created = await core.createNamespacedConfigMap({ namespace, body: named("a", { k: "1" }) });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const body = { ...created, data: { k: "2" } };
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: "a", body });
    expect(replaced.data).toEqual({ k: "2" });
    const { items } = await core.listNamespacedConfigMap({ namespace, limit: 1 });
    expect(items).toHaveLength(1);
    await core.deleteNamespacedConfigMap({ namespace, name: "a" });
    await expect(core.readNamespacedConfigMap({ namespace, name: "a" })).rejects.toMatchObject({ code: 404 });
  });

  test("its informer sees what comes, changes and goes", async () => {
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace }),
    );
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      for (const verb of ["add", "update", "delete"] as const)
        informer.on(verb, (object) => {
          if (object.metadata?.name !== "watched") return;
          seen.push(verb);
          if (verb === "delete") resolve();
        });
    });
    await informer.start();
    const created = await core.createNamespacedConfigMap({ namespace, body: named("watched") });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: "watched",
      body: { ...created, data: { a: "b" } },
    });
    await core.deleteNamespacedConfigMap({ namespace, name: "watched" });
    await done;
    await informer.stop();
    expect(seen).toEqual(["add", "update", "delete"]);
  });

  test("a watch from a version that is long gone is told so", async () => {
    const quiet = await startTestCluster({ limits: { watchWindow: 5 } });
    try {
      const other = new KubeConfig();
      other.loadFromFile(quiet.kubeconfig);
      const api = other.makeApiClient(CoreV1Api);
      for (let at = 0; at < 20; at++)
        await api.createNamespacedConfigMap({ namespace, body: named(`m${at}`) });
      const error = await new Promise<V1Status>((resolve) => {
        void new Watch(other).watch(
          `/api/v1/namespaces/${namespace}/configmaps`,
          { resourceVersion: "1" },
          (type, object) => {
            if (type === "ERROR") resolve(object as V1Status);
          },
          () => undefined,
        );
      });
      expect(error).toMatchObject({ code: 410, reason: "Expired" });
    } finally {
      await quiet.close();
    }
  });

  test("its exec gets output and exit code", async () => {
    const body = {
      metadata: { name: "p" },
      spec: { nodeName: "n", containers: [{ name: "c", image: "nginx" }] },
    };
    await core.createNamespacedPod({ namespace, body });
    const output = new PassThrough();
    const chunks: Buffer[] = [];
    output.on("data", (chunk: Buffer) => chunks.push(chunk));
    const status = await new Promise<V1Status>((resolve, reject) => {
      const command = ["sh", "-c", "echo out; exit 7"];
      new Exec(config).exec(namespace, "p", "c", command, output, null, null, false, resolve).catch(reject);
    });
    expect(Buffer.concat(chunks).toString()).toBe("out\n");
    expect(status.details?.causes).toEqual([{ reason: "ExitCode", message: "7" }]);
  });
});
