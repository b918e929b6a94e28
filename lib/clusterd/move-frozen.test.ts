import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import { FrozenLabs } from "./frozen-labs";
import { importFrozen } from "./move-frozen";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "examctl-move-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const cluster = Buffer.from("bytes that no tar wrote");
const sandbox = { digest: "a".repeat(64), sizeBytes: 7 };
const moved = {
  manifest: JSON.stringify({
    ...{ version: 1, frozenAtMs: 1, sandbox },
    cluster: {
      digest: createHash("sha256").update(cluster).digest("hex"),
      sizeBytes: cluster.length,
    },
  }),
  cluster: cluster.toString("base64"),
};

function places() {
  const labd = { call: () => Promise.resolve({ archives: [sandbox] }) } as unknown as RpcClient<LabdRpc>;
  const clustersDir = join(root, "clusters");
  return { clustersDir, frozenLabs: new FrozenLabs(join(root, "frozen")), labd };
}
const left = (folder: string) => readdirSync(join(root, folder)).sort();

test("an import that fails leaves nothing", async () => {
  await expect(importFrozen(places(), { ...moved, labId: "lab-a" })).rejects.toThrow("tar");
  expect([left("clusters"), left("frozen")]).toEqual([[], []]);
});

test("an import that fails leaves what was kept here before", async () => {
  await importFrozen(places(), moved);
  const kept = left("frozen");
  await expect(importFrozen(places(), { ...moved, labId: "lab-a" })).rejects.toThrow("tar");
  expect(left("clusters")).toEqual([]);
  expect(left("frozen")).toEqual(kept);
});
