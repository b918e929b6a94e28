import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startReadyLab, startTestClusterd, type TestClusterd, untilSettled } from "@/lib/clusterd/testing";
import { exportBundle, importBundle, type Instance } from "./bundle";

const labId = "lab-moved";
const folder = mkdtempSync(join(tmpdir(), "examctl-test-bundle-"));
const file = join(folder, "moved.tar");
let from: TestClusterd;
let to: TestClusterd;

beforeAll(async () => {
  [from, to] = [await startTestClusterd(), await startTestClusterd()];
}, 400_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await from?.close();
  await to?.close();
}, 300_000);

const instance = ({ client, labd }: TestClusterd): Instance => ({ clusterd: client, labd: labd.client });
const stored = ({ labd }: TestClusterd) =>
  ["clusters", "frozen", "frozen-labs"].map((name) => {
    const path = join(labd.dataDir, name);
    return existsSync(path) ? readdirSync(path) : [];
  });

async function run({ client }: TestClusterd, command: string, lab = labId): Promise<string> {
  const argv = ["bash", "-c", command];
  const result = await client.call("lab.exec", { labId: lab, node: "controlplane", argv });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}`);
  return result.stdout;
}

async function thaw({ client }: TestClusterd, lab: string, frozenId?: string): Promise<string> {
  const thawing = client.call("lab.thaw", { labId: lab, ...(frozenId ? { frozenId } : {}) });
  return (await untilSettled(client, thawing)).phase;
}

const identity =
  "cat /root/note /root/.kube/config; kubectl get configmap note -o jsonpath='{.metadata.uid} {.data}'; " +
  "kubectl get nodes -o jsonpath='{.items[*].metadata.uid}'; ip -br -4 address show eth0 | sed 's/@if[0-9]*//'";

test("a frozen lab goes to another host in a file and wakes there as it was", async () => {
  await startReadyLab(from.client, labId);
  await run(from, "echo mine > /root/note; kubectl create configmap note --from-literal=kept=yes");
  const before = await run(from, identity);
  const { frozenId } = await from.client.call("lab.freeze", { labId });
  await exportBundle(instance(from), frozenId, file);
  expect(statSync(file).mode & 0o077).toBe(0);

  expect(await importBundle(instance(to), file)).toMatchObject({ frozenId, labId });
  expect(await to.client.call("lab.status", { labId })).toMatchObject({
    phase: "frozen",
    frozen: { frozenId },
  });
  // It is as much at rest as one that was frozen here, also for a clusterd that starts anew.
  expect(readdirSync(join(to.labd.dataDir, "clusters", labId))).toEqual(["lab.json"]);
  await to.kill();
  await to.restart();
  await expect(importBundle(instance(to), file)).rejects.toMatchObject({ code: "conflict" });
  expect(await thaw(to, labId)).toBe("ready");
  expect(await run(to, identity)).toBe(before);
  await to.client.call("lab.stop", { labId });
  expect(stored(to)).toEqual([[], [], []]);
}, 300_000);

test("an end state that outlived its lab goes, too, and stays until it is removed", async () => {
  const { frozenId } = await from.client.call("lab.freeze", { labId });
  await from.client.call("lab.stop", { labId, keepFrozen: true });
  await exportBundle(instance(from), frozenId, file);
  expect(await importBundle(instance(to), file)).not.toHaveProperty("labId");
  await to.kill();
  await to.restart();
  expect(await thaw(to, "copy", frozenId)).toBe("ready");
  expect(await run(to, "cat /root/note", "copy")).toBe("mine\n");
  await to.client.call("lab.stop", { labId: "copy" });
  await to.client.call("frozen.remove", { frozenId });
  expect(stored(to)).toEqual([[], [], []]);
}, 300_000);

test("a damaged file and one of something else are refused with a sentence, and leave nothing", async () => {
  const bytes = readFileSync(file);
  for (const at of [0.25, 0.5, 0.75]) {
    const damaged = Buffer.from(bytes);
    damaged[Math.floor(bytes.length * at)]! ^= 1;
    writeFileSync(join(folder, "damaged.tar"), damaged);
    await expect(importBundle(instance(to), join(folder, "damaged.tar"))).rejects.toMatchObject({
      code: "invalid",
    });
  }
  writeFileSync(join(folder, "other.tar"), "not a tar");
  await expect(importBundle(instance(to), join(folder, "other.tar"))).rejects.toThrow(/is not a frozen lab/);
  await expect(importBundle(instance(to), join(folder, "none.tar"))).rejects.toMatchObject({
    code: "not-found",
  });
  expect(stored(to)).toEqual([[], [], []]);
  const unknown = "0".repeat(64);
  await expect(exportBundle(instance(from), unknown, file)).rejects.toMatchObject({ code: "not-found" });
}, 120_000);
