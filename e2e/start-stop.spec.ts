import { existsSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { clusterdRpc, type LabStatus } from "@/lib/contract/clusterd";
import { twoNodes } from "@/lib/clusterd/two-nodes";
import { readConfig } from "@/lib/config";
import { projectRoot } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";
import { createRpcClient } from "@/lib/rpc/client";
import { instance } from "./instance";
import { kinds, tracesOf, type Trace } from "./leftovers";
import { test } from "./test";

/** An instance of its own beside the one that the other tests use, started as people do: by bin/examctl.mjs. */
const dataDir = join(projectRoot, "var", "e2e-start-stop");
const port = instance.port + 1;
const env = {
  ...process.env,
  NODE_ENV: "production" as const,
  EXAMCTL_PORT: String(port),
  EXAMCTL_HOST: "127.0.0.2",
  EXAMCTL_PASSWORD_ADMIN: "chosen-before-the-start",
  EXAMCTL_POOL_SIZE: "0",
};
const examctl = (...args: string[]) =>
  runCommand([process.execPath, join(projectRoot, "bin/examctl.mjs"), "--data-dir", dataDir, ...args], {
    env,
    timeoutMs: 300_000,
    allowFailure: true,
  });

test.afterAll(async () => {
  await examctl("down", "--force");
  await rm(dataDir, { recursive: true, force: true });
});

test("down leaves nothing on the host, and a second up is quick and has everything", async ({ request }) => {
  test.setTimeout(600_000);
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  for (const name of ["rootfs", "images", "disk-templates"]) {
    const built = join(projectRoot, "var", name);
    if (existsSync(built)) await symlink(built, join(dataDir, name));
  }
  const { sockets } = readConfig({ ...env, EXAMCTL_DATA_DIR: dataDir });
  const kindsOf = (traces: Trace[]) => kinds.filter((kind) => traces.some((trace) => trace.startsWith(kind)));

  const first = await examctl("up", "--json");
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(first.stdout)).toMatchObject({ url: `http://127.0.0.2:${port}` });
  const clusterd = createRpcClient(clusterdRpc, sockets.clusterd, "clusterd");
  const untilReady = async (status: LabStatus) => {
    while (status.phase === "starting")
      status = await clusterd.call("lab.status", { labId: "a-kept", afterRevision: status.revision });
    expect(status).toMatchObject({ phase: "ready" });
  };
  try {
    const call = { labId: "a-kept", environment: twoNodes() };
    await untilReady(await clusterd.call("lab.start", call));
    const onNode = (command: string) =>
      clusterd.call("lab.exec", { labId: "a-kept", node: "node01", argv: ["sh", "-c", command] });
    await onNode("echo mine > /root/work");
    // Each kind is seen while the instance runs: that it is not seen later means something.
    expect(kindsOf(tracesOf(dataDir))).toEqual([...kinds]);

    const down = await examctl("down", "--json");
    expect(down, down.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(down.stdout)).toEqual({ wasRunning: true, frozen: 1, failed: [] });
    await expect.poll(() => tracesOf(dataDir)).toEqual([]);

    const startedMs = performance.now();
    const second = await examctl("up", "--json");
    const tookMs = performance.now() - startedMs;
    expect(second, second.stderr).toMatchObject({ exitCode: 0 });
    test.info().annotations.push({ type: "second up", description: `${(tookMs / 1000).toFixed(1)} s` });
    console.log(`a second up takes ${(tookMs / 1000).toFixed(1)} s`);

    expect((await request.get(`http://127.0.0.2:${port}/healthz`)).ok()).toBe(true);
    await untilReady(await clusterd.call("lab.thaw", { labId: "a-kept" }));
    expect((await onNode("cat /root/work")).stdout).toBe("mine\n");

    // Whoever cannot be put to rest keeps everything running.
    const { processes } = JSON.parse((await examctl("status", "--json")).stdout) as {
      processes: { name: string; pid: number }[];
    };
    const held = processes.find(({ name }) => name === "clusterd")!.pid;
    process.kill(held, "SIGSTOP");
    const refused = await examctl("down", "--json");
    process.kill(held, "SIGCONT");
    expect(refused.exitCode).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: "unavailable", message: expect.stringContaining("--force") },
    });
    await expect
      .poll(
        () =>
          request.get(`http://127.0.0.2:${port}/healthz`).then(
            (reply) => reply.ok(),
            () => false,
          ),
        {
          timeout: 60_000,
        },
      )
      .toBe(true);
    expect((await onNode("cat /root/work")).stdout).toBe("mine\n");
  } finally {
    clusterd.close();
  }
  expect((await examctl("down")).stdout).toContain("Labs put to rest: 1");
  await expect.poll(() => tracesOf(dataDir)).toEqual([]);
});
