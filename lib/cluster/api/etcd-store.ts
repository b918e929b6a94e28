import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { EtcdData, SnapshotFacts } from "@/lib/cluster/client/etcd-data";
import type { Journal } from "./store/journal";
import { objectsOf, replaceObjects, type StoredObjects } from "./store/replace-objects";
import type { Store } from "./store/store";

const magic = "examctl etcd snapshot 1";
/** What a snapshot may unpack to: a student's file must not fill the memory. */
const unpackedBytesMax = 64 << 20;
/** Data folders whose content is kept after etcd went on with another one. */
const keptMax = 8;
/** Heartbeats: an old one would have every node taken for dead until its kubelet's next. */
const heartbeats = "coordination.k8s.io/leases";

interface Content {
  revision: number;
  objects: StoredObjects;
}

/**
 * The cluster's store as etcd's files have it. A data folder on the node holds a name only, and what it was restored from; its
 * content is the store's while it is the folder in use, and kept in the journal afterwards. Snapshots are sealed with a key
 * that no node has: what was not written here is never taken for objects.
 */
export class EtcdStore implements EtcdData {
  constructor(
    private readonly store: Store,
    private readonly journal: Journal,
    /** Makes what an API server makes in an empty etcd. */
    private readonly bootstrap: () => Promise<void>,
  ) {}

  async snapshot() {
    const text = this.#seal(await this.#content());
    return { text, facts: this.read(text) };
  }

  read(text: string): SnapshotFacts {
    return factsOf(this.#unseal(text), text);
  }

  restore(text: string): string {
    this.#unseal(text);
    return databaseOf(newName(), text);
  }

  async open(database: string | undefined): Promise<string> {
    const inUse = this.journal.readMeta("etcd.inUse");
    const { name, snapshot } = parseDatabase(database) ?? { name: newName(), snapshot: undefined };
    if (name === inUse) return database!;
    if (inUse !== undefined) {
      const kept = this.#kept().find((one) => one.name === name);
      const text = kept?.text ?? snapshot;
      if (text === undefined && database !== undefined)
        throw new Error("snap: requested snapshot file not found");
      const next = text === undefined ? undefined : this.#unseal(text);
      this.#keep(inUse, this.#seal(await this.#content()));
      await this.#goOn(next);
    }
    this.journal.writeMeta("etcd.inUse", name);
    return database ?? databaseOf(name);
  }

  async #goOn(content: Content | undefined): Promise<void> {
    const now = objectsOf(this.store)[heartbeats] ?? [];
    const objects = content?.objects ?? {};
    await replaceObjects(this.store, { ...objects, ...(content ? { [heartbeats]: now } : {}) });
    if (!content) await this.bootstrap();
  }

  async #content(): Promise<Content> {
    await this.store.settled();
    return { revision: this.store.rv, objects: objectsOf(this.store) };
  }

  #kept(): { name: string; text: string }[] {
    return JSON.parse(this.journal.readMeta("etcd.kept") ?? "[]") as { name: string; text: string }[];
  }

  #keep(name: string, text: string): void {
    const others = this.#kept().filter((one) => one.name !== name);
    this.journal.writeMeta("etcd.kept", JSON.stringify([{ name, text }, ...others].slice(0, keptMax)));
  }

  #seal(content: Content): string {
    const body = gzipSync(JSON.stringify(content)).toString("base64");
    return `${magic}\n${this.#mac(body)}\n${body}\n`;
  }

  #unseal(text: string): Content {
    const [first, mac = "", body = ""] = text.split("\n");
    if (first !== magic) throw new Error("snapshot missing hash but --skip-hash-check=false");
    const expected = Buffer.from(this.#mac(body));
    if (expected.length !== mac.length || !timingSafeEqual(expected, Buffer.from(mac)))
      throw new Error(`expected sha256 [${bytesOf(mac)}], got [${bytesOf(expected.toString())}]`);
    const unpacked = gunzipSync(Buffer.from(body, "base64"), { maxOutputLength: unpackedBytesMax });
    return JSON.parse(unpacked.toString("utf8")) as Content;
  }

  #mac(body: string): string {
    return createHmac("sha256", this.#key()).update(body).digest("hex");
  }

  #key(): string {
    const known = this.journal.readMeta("etcd.sealKey");
    if (known !== undefined) return known;
    const made = randomBytes(32).toString("hex");
    this.journal.writeMeta("etcd.sealKey", made);
    return made;
  }
}

function factsOf({ revision, objects }: Content, text: string): SnapshotFacts {
  const all = Object.values(objects).flat();
  return {
    hash: createHash("sha256").update(text).digest("hex").slice(0, 8),
    revision,
    totalKeys: all.length,
    // Whole pages, as bbolt's file has them.
    totalBytes: Math.ceil(JSON.stringify(objects).length / 4096) * 4096,
  };
}

const newName = () => randomBytes(8).toString("hex");

function databaseOf(name: string, snapshot?: string): string {
  return `${JSON.stringify({ name, ...(snapshot === undefined ? {} : { snapshot }) })}\n`;
}

/** Undefined for an empty folder; throws for a file that is none of these. */
function parseDatabase(text: string | undefined): { name: string; snapshot?: string } | undefined {
  if (text === undefined) return undefined;
  try {
    const { name, snapshot } = JSON.parse(text) as { name?: unknown; snapshot?: unknown };
    if (typeof name === "string" && /^[0-9a-f]{16}$/.test(name))
      return { name, ...(typeof snapshot === "string" ? { snapshot } : {}) };
  } catch {
    // said below
  }
  throw new Error("invalid database");
}

/** The first bytes as Go prints them. */
function bytesOf(hex: string): string {
  return [...Buffer.from(hex, "hex")].join(" ");
}
