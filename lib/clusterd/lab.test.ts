import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { labEnvironment, type LabEnvironmentInput } from "@/lib/contract/environment";
import { Mirror } from "@/lib/mirror/mirror";
import { FakeLabd } from "./fake-labd";
import { nodesAreGone } from "./ensure-sandbox";
import { FrozenLabs } from "./frozen-labs";
import { Lab } from "./lab";
import { LabFolder, listLabFolders } from "./lab-folder";
import { waitingSteps } from "./status-board";
import { twoNodes } from "./two-nodes";

let folderPath: string;
let labd: FakeLabd;
const logger = createLogger("test");
logger.level = "silent";

beforeEach(() => {
  folderPath = mkdtempSync(join(tmpdir(), "examctl-lab-"));
  mkdirSync(join(folderPath, "api"));
  labd = new FakeLabd();
});
afterEach(() => rmSync(folderPath, { recursive: true, force: true }));

async function makeLab(environment: LabEnvironmentInput = twoNodes()): Promise<Lab> {
  const folder = new LabFolder(join(folderPath, "clusters"), "lab-a");
  const known = (await listLabFolders(folder.clustersDir))[0]?.record;
  if (!known)
    await folder.create({
      labId: "lab-a",
      environment: labEnvironment.parse(environment),
      startedAtMs: Date.now(),
      revision: 1,
      phase: "starting",
      steps: waitingSteps(),
      done: [],
    });
  const record = await folder.readRecord();
  const apiFolder = join(folderPath, "api");
  const frozenLabs = new FrozenLabs(join(folderPath, "frozen-labs"));
  return new Lab({
    ...{ folder, record, frozenLabs, labd: labd.client, apiFolder, clock: systemClock, logger },
    outsideFolder: apiFolder,
    mirror: new Mirror(join(folderPath, "mirror")),
  });
}

const pods = { group: "", version: "v1", plural: "pods" };
const namesOf = async (lab: Lab) =>
  (await lab.access.client.list(pods)).items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
const starts = () => labd.calls.filter((call) => call.startsWith("container.start")).length;

test("a lab goes through its steps in order and is ready, with a pod for all that it should run", async () => {
  const lab = await makeLab();
  await lab.start();
  expect(lab.status).toMatchObject({ phase: "ready", error: undefined });
  expect(
    lab.status.steps.every(({ state, durationMs }) => state === "done" && durationMs !== undefined),
  ).toBe(true);
  expect(await namesOf(lab)).toHaveLength(8);
  expect(starts()).toBe(8);
  await lab.detach();
});

test("a lab that is resumed keeps its pods and starts no container again", async () => {
  const first = await makeLab();
  await first.start();
  const before = await namesOf(first);
  await first.detach();
  labd.calls.length = 0;
  const second = await makeLab();
  await second.start();
  expect(second.status.phase).toBe("ready");
  expect(await namesOf(second)).toEqual(before);
  expect(starts()).toBe(0);
  expect(labd.calls).not.toContain("sandbox.create");
  await second.detach();
});

test("a lab with two clusters starts and resumes both, and its base knows their contexts", async () => {
  mkdirSync(join(folderPath, "api-ops"));
  const { nodes, cluster, network } = twoNodes();
  const machine = (name: string, host: number) => ({
    ...{ name, interface: "eth0", address: `172.30.7.${host}/24`, mac: `02:42:ac:1e:07:${host}` },
  });
  const environment: LabEnvironmentInput = {
    ...{ network, cluster },
    nodes: [
      { ...machine("base", 20), role: "base" },
      ...nodes,
      { ...machine("ops-control", 21), role: "control-plane", cluster: "ops" },
    ],
    otherClusters: [
      {
        ...{ name: "ops", podCidr: "10.245.0.0/16", serviceCidr: "10.112.0.0/12" },
        addons: [{ name: "bridge" }],
      },
    ],
  };
  const nodesOf = async (lab: Lab, name: string) =>
    (await lab.access.clients.get(name)!.list({ group: "", version: "v1", plural: "nodes" })).items
      .map(({ metadata }) => metadata.name)
      .sort();
  const first = await makeLab(environment);
  await first.start();
  expect(first.status).toMatchObject({ phase: "ready", error: undefined });
  expect(await nodesOf(first, "kubernetes")).toEqual(["controlplane", "node01"]);
  expect(await nodesOf(first, "ops")).toEqual(["ops-control"]);
  const config = labd.sandboxes.get("lab-a")!.get("base")!.files.get("/root/.kube/config")!;
  const text = Buffer.from(config, "base64").toString();
  expect([...text.matchAll(/server: (\S+)/g)].map((match) => match[1])).toEqual([
    "https://172.30.7.10:6443",
    "https://172.30.7.21:6443",
  ]);
  expect(text).toContain("current-context: kubernetes\n");
  expect(labd.calls).toContain("node.exec base");
  expect(labd.calls).not.toContain("pod.run base");
  const before = await namesOf(first);
  await first.detach();
  labd.calls.length = 0;
  const second = await makeLab(environment);
  await second.start();
  expect(second.status.phase).toBe("ready");
  expect(await namesOf(second)).toEqual(before);
  expect(starts()).toBe(0);
  expect(labd.calls).not.toContain("node.writeFiles base");
  await second.detach();
});

test("a lab whose nodes are gone fails in words for people and rebuilds nothing; stopped, it can start again", async () => {
  const first = await makeLab();
  await first.start();
  await first.detach();
  labd.sandboxes.clear();
  labd.calls.length = 0;
  const second = await makeLab();
  await second.start();
  expect(second.status).toMatchObject({ phase: "failed", error: nodesAreGone });
  expect(labd.calls).toEqual(["sandbox.get"]);
  await second.stop();
  expect(await listLabFolders(join(folderPath, "clusters"))).toEqual([]);
  const third = await makeLab();
  await third.start();
  expect(third.status.phase).toBe("ready");
  await third.detach();
});

test("a lab that was cut off before its nodes had their files gets them when it is resumed", async () => {
  labd.failures.set("node.writeFiles", new AppError("unavailable", "labd went away."));
  const first = await makeLab();
  await first.start();
  expect(first.status.phase).toBe("failed");
  await first.detach();
  labd.failures.clear();
  const second = await makeLab();
  await second.start();
  expect(second.status.phase).toBe("ready");
  await second.detach();
});

test("a lab that is resumed waits for a labd that comes later", async () => {
  const first = await makeLab();
  await first.start();
  await first.detach();
  labd.failures.set("sandbox.get", new AppError("unavailable", "labd does not run."));
  const second = await makeLab();
  const started = second.start();
  expect(second.status.phase).toBe("ready");
  labd.failures.clear();
  await started;
  expect(second.status.phase).toBe("ready");
  await second.detach();
});

test("status polls hear of changes at once and give the present state when nothing changes", async () => {
  const lab = await makeLab();
  const next = lab.board.wait(lab.status.revision, 10_000);
  const started = lab.start();
  expect((await next).revision).toBeGreaterThan(1);
  await started;
  expect((await lab.board.wait(lab.status.revision, 1)).phase).toBe("ready");
  await lab.detach();
});

test("what labd refuses is told in its words, and the lab can be stopped", async () => {
  labd.failures.set(
    "sandbox.create",
    new AppError("exhausted", "All 64 places for labs are taken. Stop one first."),
  );
  const lab = await makeLab();
  await lab.start();
  expect(lab.status).toMatchObject({
    phase: "failed",
    error: "All 64 places for labs are taken. Stop one first.",
  });
  expect(lab.status.steps[0]).toMatchObject({ id: "sandbox", state: "failed" });
  await lab.stop();
  expect(await listLabFolders(join(folderPath, "clusters"))).toEqual([]);
});

test("an unknown addon fails the start before anything is made", async () => {
  const environment = twoNodes();
  const lab = await makeLab({
    ...environment,
    cluster: { ...environment.cluster, addons: [{ name: "nope" }] },
  });
  await lab.start();
  expect(lab.status.error).toContain("There is no addon nope. There are: bridge, ");
  expect(labd.calls).toEqual([]);
  await lab.stop();
});

test("stopping during the start leaves nothing", async () => {
  const lab = await makeLab();
  const started = lab.start();
  await lab.stop();
  await started;
  expect(labd.sandboxes.size).toBe(0);
  expect(await listLabFolders(join(folderPath, "clusters"))).toEqual([]);
});
