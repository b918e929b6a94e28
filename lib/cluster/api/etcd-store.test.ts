import { describe, expect, it } from "vitest";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { EtcdStore } from "./etcd-store";
import { memoryJournal } from "./store/journal";
import { Store } from "./store/store";

function start() {
  const journal = memoryJournal();
  const store = new Store(journal);
  const maps = store.collection("core/configmaps");
  const put = (name: string, value: string) =>
    store.put(
      maps,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } } as KubeObject,
      maps.get(undefined, name),
    );
  const seen: string[] = [];
  maps.subscribe(({ type, entry }) => seen.push(`${type} ${entry.object.metadata.name}`));
  const etcd = new EtcdStore(store, journal, () => {
    put("made-by-bootstrap", "");
    return store.durable();
  });
  const held = () =>
    Object.fromEntries(
      maps
        .list()
        .map(({ object }) => [
          object.metadata.name,
          (object as KubeObject & { data: { value: string } }).data.value,
        ]),
    );
  return { store, put, seen, etcd, held };
}

describe("EtcdStore", () => {
  it("goes on with a restored snapshot, and with the former folder's content when that comes back", async () => {
    const { put, seen, etcd, held, store } = start();
    const first = await etcd.open(undefined);
    put("kept", "1");
    put("changed", "1");
    put("removed-later", "1");
    const { text, facts } = await etcd.snapshot();
    expect(facts).toMatchObject({ revision: 3, totalKeys: 3 });
    put("changed", "2");
    put("new", "2");
    store.remove(
      store.collection("core/configmaps"),
      store.collection("core/configmaps").get(undefined, "removed-later")!,
    );
    await store.durable();
    seen.length = 0;

    const restored = etcd.restore(text);
    expect(await etcd.open(restored)).toBe(restored);
    expect(held()).toEqual({ kept: "1", changed: "1", "removed-later": "1" });
    expect(seen.sort()).toEqual(["ADDED removed-later", "DELETED new", "MODIFIED changed"]);

    put("after", "3");
    await store.durable();
    await etcd.open(first);
    expect(held()).toEqual({ kept: "1", changed: "2", new: "2" });
    await etcd.open(restored);
    expect(held()).toHaveProperty("after", "3");
  });

  it("starts anew in an empty folder, but for the first one", async () => {
    const { put, etcd, held } = start();
    put("x", "1");
    await etcd.open(undefined);
    expect(held()).toHaveProperty("x");
    await etcd.open(undefined);
    expect(held()).toEqual({ "made-by-bootstrap": "" });
  });

  it("takes nothing that it did not write itself", async () => {
    const { etcd } = start();
    await etcd.open(undefined);
    const { text } = await etcd.snapshot();
    const other = await start().etcd.snapshot();
    expect(() => etcd.read("SQLite format 3")).toThrow("snapshot missing hash but --skip-hash-check=false");
    expect(() => etcd.restore(text.replace(/.{5}\n$/, "AAAA=\n"))).toThrow(/^expected sha256 \[\d+ /);
    expect(() => etcd.read(other.text)).toThrow(/^expected sha256/);
    await expect(etcd.open("nonsense")).rejects.toThrow("invalid database");
    await expect(
      etcd.open(`{"name":"0123456789abcdef","snapshot":${JSON.stringify(other.text)}}`),
    ).rejects.toThrow(/^expected sha256/);
    await expect(etcd.open('{"name":"0123456789abcdef"}')).rejects.toThrow("not found");
  });
});
