import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProcessSpec } from "@/lib/cli/instance/processes";
import { readConfig, type Config } from "@/lib/config";
import { supervisorRpc, type ProcessStatus } from "@/lib/contract/supervisor";
import { createRpcClient, type RpcClient } from "@/lib/rpc/client";
import { pino } from "pino";
import { identify, isAlive } from "./process-identity";
import { endLeftovers, supervise, supervisorSocket } from "./supervise";

const silent = pino({ level: "silent" });
let folder: string;
let config: Config;
let supervisor: RpcClient<typeof supervisorRpc>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "examctl-supervise-"));
  config = readConfig({ NODE_ENV: "test", EXAMCTL_DATA_DIR: folder, EXAMCTL_RUN_DIR: folder });
  await writeFile(join(folder, "marker"), "");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(join(folder, "log"));
  supervisor = createRpcClient(supervisorRpc, supervisorSocket(config), "the supervisor");
});

afterEach(async () => {
  supervisor.close();
  await rm(folder, { recursive: true, force: true });
});

/** A process that tells that it is up by making a file, and stays. */
function standing(name: string, after: string[] = []): ProcessSpec {
  const file = join(folder, `${name}.up`);
  const script = `require("fs").writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`;
  return {
    name,
    argv: [process.execPath, "-e", script],
    env: process.env,
    after,
    ready: async () => {
      const pid = Number(await readFile(file, "utf8"));
      if (!identify(pid)) throw new Error("not up");
    },
    stopTimeoutMs: 2000,
  };
}

async function untilStatus(
  name: string,
  matches: (status: ProcessStatus) => boolean,
): Promise<ProcessStatus> {
  return vi.waitFor(
    async () => {
      const { processes } = await supervisor.call("status", {});
      const one = processes.find((candidate) => candidate.name === name)!;
      if (!matches(one)) throw new Error(`${name} is ${JSON.stringify(one)}`);
      return one;
    },
    { timeout: 60_000, interval: 20 },
  );
}

describe("supervise", () => {
  it("starts a process after those that it needs, starts a killed one again and stops all on demand", async () => {
    const running = supervise(config, [standing("first"), standing("second", ["first"])], silent);
    const { pid } = await untilStatus("second", ({ state }) => state === "ready");
    process.kill(pid!, "SIGKILL");
    const again = await untilStatus("second", ({ state, restarts }) => state === "ready" && restarts === 1);
    expect(again.pid).not.toBe(pid);
    await supervisor.call("stop", {});
    expect(await running).toBe(0);
    expect(identify(again.pid!)).toBeUndefined();
  });

  it("keeps a held process stopped until it is released, and the others as they are", async () => {
    const running = supervise(config, [standing("labd"), standing("web", ["labd"])], silent);
    const { pid } = await untilStatus("web", ({ state }) => state === "ready");
    const labd = await untilStatus("labd", ({ state }) => state === "ready");
    await supervisor.call("hold", { name: "web" });
    expect(identify(pid!)).toBeUndefined();
    expect(await untilStatus("web", () => true)).toMatchObject({ state: "stopped" });
    expect(await untilStatus("labd", () => true)).toMatchObject({ state: "ready", pid: labd.pid });
    await supervisor.call("release", { name: "web" });
    const again = await untilStatus("web", ({ state }) => state === "ready");
    await supervisor.call("release", { name: "web" }); // it runs: nothing happens
    expect((await untilStatus("web", () => true)).pid).toBe(again.pid);
    await expect(supervisor.call("hold", { name: "nobody" })).rejects.toMatchObject({ code: "not-found" });
    await supervisor.call("stop", {});
    expect(await running).toBe(0);
    expect(identify(again.pid!)).toBeUndefined();
  });

  it("holds back what depends on a one-time process that failed, and says why", async () => {
    const migration: ProcessSpec = {
      ...standing("migration"),
      argv: [process.execPath, "-e", "console.error('relation is missing'); process.exit(3)"],
      once: true,
    };
    const running = supervise(config, [migration, standing("web", ["migration"])], silent);
    const failed = await untilStatus("migration", ({ state }) => state === "failed");
    expect(failed.error).toContain("ended with 3");
    expect(failed.error).toContain("relation is missing");
    expect(existsSync(join(folder, "web.up"))).toBe(false);
    await supervisor.call("stop", {});
    await running;
  });

  it("ends what a supervisor before it left behind, and never a process that only has the same id", async () => {
    const child = (await import("node:child_process")).spawn("sleep", ["60"]);
    const identity = identify(child.pid!)!;
    const reused = { ...identify(process.ppid)!, startTicks: "1" };
    await writeFile(join(folder, "processes.json"), JSON.stringify({ labd: identity, web: reused }));
    await endLeftovers(config);
    expect(isAlive(identity)).toBe(false);
    expect(identify(process.ppid)).toBeDefined();
  });
});
