import { spawn } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { AppError } from "@/lib/core/app-error";
import { Scope } from "@/lib/core/scope";
import { projectRoot } from "@/lib/core/paths";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { memoryJournal, openJournal, type Journal } from "./journal";
import { Store } from "./store";

let scope = new Scope();
afterEach(async () => {
  await scope.close();
  scope = new Scope();
});

const object = (name: string, value = ""): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});

async function folder(): Promise<string> {
  return scope.use(await mkdtemp(join(tmpdir(), "examctl-store-")), (path) => rm(path, { recursive: true }));
}

describe("a store", () => {
  test("lists in the order of etcd's keys", () => {
    const store = new Store(memoryJournal());
    const maps = store.collection("core/configmaps");
    for (const [namespace, name] of [
      ["a", "z"],
      ["a-b", "a"],
      ["a", "b"],
    ] as const)
      store.put(maps, { ...object(name), metadata: { name, namespace } }, undefined);
    const keys = maps
      .list()
      .map((entry) => `${entry.object.metadata.namespace}/${entry.object.metadata.name}`);
    expect(keys).toEqual(["a-b/a", "a/b", "a/z"]);
  });

  test("shows a collection as it was at an older version", async () => {
    const store = new Store(memoryJournal());
    const maps = store.collection("core/configmaps");
    const a = store.put(maps, object("a", "1"), undefined);
    store.put(maps, object("b"), undefined);
    const then = store.rv;
    store.remove(maps, store.put(maps, object("a", "2"), a));
    await store.durable();
    expect(maps.list().map((entry) => entry.object.metadata.name)).toEqual(["b"]);
    expect(maps.listAt(then).map((entry) => entry.object.data)).toEqual([{ value: "1" }, { value: "" }]);
  });

  test("forgets events beyond its window and says so", async () => {
    const store = new Store(memoryJournal(), 10);
    const maps = store.collection("core/configmaps");
    for (let at = 0; at < 40; at++) store.put(maps, object(`m${at}`), undefined);
    await store.durable();
    expect(() => maps.eventsAfter(1)).toThrow(/^too old resource version: 1 \(\d+\)$/);
    expect(maps.eventsAfter(store.rv - 5)).toHaveLength(5);
  });

  test("takes back what the journal refuses", async () => {
    let full = false;
    const journal: Journal = {
      ...memoryJournal(),
      append() {
        if (full) throw new Error("disk full");
      },
    };
    const store = new Store(journal);
    const maps = store.collection("core/configmaps");
    const kept = store.put(maps, object("kept", "before"), undefined);
    await store.durable();
    full = true;
    store.put(maps, object("kept", "after"), kept);
    store.put(maps, object("new"), undefined);
    await expect(store.durable()).rejects.toThrow("disk full");
    expect(maps.get("default", "kept")).toBe(kept);
    expect(maps.get("default", "new")).toBeUndefined();
    // What was refused is over: reads go on, and so do writes when there is room again.
    await store.settled();
    await store.durable();
    full = false;
    store.put(maps, object("later"), undefined);
    await store.durable();
    expect(maps.list().map((entry) => entry.object.metadata.name)).toEqual(["kept", "later"]);
  });

  test("tells a writer of a full disk in etcd's words", async () => {
    const journal: Journal = {
      ...memoryJournal(),
      append() {
        throw new AppError("exhausted", "The disk is full: /srv/journal cannot grow.");
      },
    };
    const store = new Store(journal);
    store.put(store.collection("core/configmaps"), object("new"), undefined);
    await expect(store.durable()).rejects.toMatchObject({
      code: 500,
      message: "etcdserver: mvcc: database space exceeded",
      cause: { code: "exhausted" },
    });
  });

  test("a compaction that fails is no failed write, and is tried again", async () => {
    let full = true;
    const compacted: number[] = [];
    const journal: Journal = {
      ...memoryJournal(),
      compact(rvs) {
        if (full) throw new Error("disk full");
        compacted.push(...rvs);
      },
    };
    const told: string[] = [];
    const store = new Store(journal, 10, (_failure, what) => told.push(what));
    const maps = store.collection("core/configmaps");
    let entry = store.put(maps, object("busy", "0"), undefined);
    const change = async (times: number) => {
      for (let at = 0; at < times; at++) {
        entry = store.put(maps, object("busy", String(at)), entry);
        await store.durable();
      }
    };
    await change(15);
    expect(told).toEqual(["the journal could not be compacted"]);
    full = false;
    await change(20);
    expect(compacted.slice(0, 3)).toEqual([1, 2, 3]);
  });

  test("replays its journal after compaction, with the events of the window", async () => {
    const path = join(await folder(), "journal");
    const first = new Store(openJournal(path), 20);
    const maps = first.collection("core/configmaps");
    let entry = first.put(maps, object("busy", "0"), undefined);
    first.put(maps, object("quiet", "still"), undefined);
    for (let at = 1; at <= 200; at++) {
      entry = first.put(maps, object("busy", String(at)), entry);
      if (at % 10 === 0) await first.durable();
    }
    const gone = first.put(maps, object("gone"), undefined);
    first.remove(maps, gone);
    const rv = first.rv;
    await first.close();
    const again = new Store(openJournal(path), 20);
    scope.defer(() => again.close());
    const replayed = again.collection("core/configmaps");
    expect(again.rv).toBe(rv);
    expect(replayed.list().map((one) => one.object.data)).toEqual([{ value: "200" }, { value: "still" }]);
    expect(replayed.eventsAfter(rv - 3).map(({ type }) => type)).toEqual(["MODIFIED", "ADDED", "DELETED"]);
    expect(() => replayed.eventsAfter(5)).toThrow("too old resource version");
  });

  test("keeps its journal to its owner", async () => {
    const path = join(await folder(), "journal");
    const store = new Store(openJournal(path));
    store.put(store.collection("core/secrets"), object("s"), undefined);
    await store.durable();
    for (const suffix of ["", "-wal"]) expect((await stat(path + suffix)).mode & 0o777, suffix).toBe(0o600);
    await store.close();
  });

  test("loses nothing that it acknowledged when its process is killed", async () => {
    const root = await folder();
    const path = join(root, "journal");
    const script = join(root, "writer.mts");
    const source = join(projectRoot, "lib/cluster/api/store");
    await writeFile(
      script,
      `import { openJournal } from "${source}/journal.ts";
       import { Store } from "${source}/store.ts";
       const store = new Store(openJournal(${JSON.stringify(path)}));
       const maps = store.collection("core/configmaps");
       for (let at = 0; ; at++) {
         store.put(maps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" + at, namespace: "n" } }, undefined);
         await store.durable();
         process.stdout.write(at + "\\n");
       }`,
    );
    const writer = spawn(process.execPath, ["--import", "tsx", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let acknowledged = -1;
    for await (const line of createInterface(writer.stdout)) {
      acknowledged = Number(line);
      if (acknowledged === 300) writer.kill("SIGKILL");
    }
    const store = new Store(openJournal(path));
    scope.defer(() => store.close());
    expect(acknowledged).toBeGreaterThanOrEqual(300);
    expect(store.collection("core/configmaps").get("n", `m${acknowledged}`)).toBeDefined();
  });
});
