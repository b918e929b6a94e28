import { mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster } from "../testing";
import { openJournal } from "./journal";
import { Store } from "./store";

const scope = new Scope();
afterAll(() => scope.close());

test("a full disk refuses writes, not reads, and space given back is enough", async () => {
  const disk = scope.use(await mkdtemp(join(tmpdir(), "examctl-full-disk-")), (path) => rmdir(path));
  await runCommand(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", disk], { timeoutMs: 10_000 });
  scope.defer(() => runCommand(["umount", disk], { timeoutMs: 10_000 }));
  const journalPath = join(disk, "journal");
  const logger = pino({ level: "silent" });
  const api = scope.use(await startTestCluster({ journalPath, logger }), (one) => one.close());
  const path = "/api/v1/namespaces/default/configmaps";
  const create = (name: string, bytes = 200_000) =>
    api.request("POST", path, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name },
        data: { text: "x".repeat(bytes) },
      }),
    });
  const names = async () => {
    const { status, body } = await api.request("GET", path, {});
    expect(status).toBe(200);
    const { items } = JSON.parse(body) as { items: KubeObject[] };
    return items.map(({ metadata }) => metadata.name).sort();
  };
  expect((await create("before")).status).toBe(201);
  await writeFile(join(disk, "filler"), Buffer.alloc(8 << 20)).catch(() => undefined); // as much as there is room for

  const acknowledged = ["before"];
  let refused: { status: number; body: string } | undefined;
  // The log has some room of its own that it writes over.
  for (let at = 0; at < 50 && !refused; at++) {
    const answer = await create(`full-${at}`);
    if (answer.status === 201) acknowledged.push(`full-${at}`);
    else refused = answer;
  }
  expect(refused).toMatchObject({ status: 500 });
  expect(JSON.parse(refused!.body)).toMatchObject({
    kind: "Status",
    message: "etcdserver: mvcc: database space exceeded",
  });
  expect(await names()).toEqual(acknowledged.toSorted());
  const get = await api.kubectl(["get", "configmap", "before", "-o", "name"]);
  expect(get.stdout).toBe("configmap/before\n");
  const refusedByKubectl = await api.kubectl([
    "create",
    "configmap",
    "big",
    `--from-literal=a=${"x".repeat(100_000)}`,
  ]);
  expect(refusedByKubectl.stderr).toBe(
    "error: failed to create configmap: etcdserver: mvcc: database space exceeded\n",
  );

  await rm(join(disk, "filler"));
  expect((await create("after")).status).toBe(201);
  acknowledged.push("after");
  expect(await names()).toEqual(acknowledged.toSorted());
  await api.close();
  const store = new Store(openJournal(journalPath));
  scope.defer(() => store.close());
  const replayed = store.collection("core/configmaps").list("default");
  expect(replayed.map(({ object }) => object.metadata.name)).toEqual(acknowledged.toSorted());
});
