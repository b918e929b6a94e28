import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FrozenLabs } from "./frozen-labs";
import { LabFolder } from "./lab-folder";

let root: string;
let lab: LabFolder;
let frozenLabs: FrozenLabs;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "examctl-frozen-"));
  const clusters = join(root, "clusters");
  lab = new LabFolder(clusters, "lab-a");
  await lab.create({
    ...{ labId: "lab-a", startedAtMs: 0, revision: 1, phase: "freezing", steps: [], done: [] },
    environment: {
      ...{ network: { cidr: "172.30.7.0/24", gateway: "172.30.7.1" }, nodes: [], setup: [], files: [] },
      otherClusters: [],
      cluster: {
        ...{ name: "kubernetes", version: "v1.34.5", domain: "cluster.local", addons: [] },
        ...{ podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" },
      },
    },
  });
  for (const file of ["pki.json", "journal.sqlite"]) writeFileSync(join(lab.path, file), file);
  frozenLabs = new FrozenLabs(join(root, "frozen"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sandbox = { digest: "a".repeat(64), sizeBytes: 7 };

test("a sweep leaves what a lab needs or what is kept, and takes what a crash left", async () => {
  const needed = await frozenLabs.store(lab, sandbox, 1);
  writeFileSync(join(lab.path, "pki.json"), "other");
  const kept = await frozenLabs.store(lab, sandbox, 2);
  await frozenLabs.keep(kept.frozenId);
  const before = readdirSync(join(root, "frozen")).sort();
  writeFileSync(join(lab.path, "pki.json"), "third");
  await frozenLabs.store(lab, { ...sandbox, digest: "b".repeat(64) }, 3);
  writeFileSync(join(root, "frozen", "half.new"), "");
  writeFileSync(join(root, "frozen", `${"c".repeat(64)}.tar.zst`), "its manifest was never written");
  expect(await frozenLabs.sweep([needed.frozenId])).toEqual(new Set([sandbox.digest]));
  expect(readdirSync(join(root, "frozen")).sort()).toEqual(before);
});

test("keys and journals of all clusters are stored and put back, and nothing else", async () => {
  const own = ["pki-ops.json", "journal-ops.sqlite"];
  for (const file of own) writeFileSync(join(lab.path, file), `stored ${file}`);
  writeFileSync(join(lab.path, "notes.txt"), "not of a lab");
  const { frozenId } = await frozenLabs.store(lab, sandbox, 1);
  await lab.removeClusters();
  rmSync(join(lab.path, "notes.txt"));
  expect(readdirSync(lab.path)).toEqual(["lab.json"]);
  writeFileSync(join(lab.path, "journal-ops.sqlite-wal"), "of another journal");
  await frozenLabs.unpack(frozenId, lab);
  expect(readdirSync(lab.path).sort()).toEqual(["lab.json", "pki.json", "journal.sqlite", ...own].sort());
  expect(readFileSync(join(lab.path, "pki-ops.json"), "utf8")).toBe("stored pki-ops.json");
});
