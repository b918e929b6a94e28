import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureKubectl } from "@/lib/cluster/api/testing";
import { projectPath } from "@/lib/core/paths";
import { runCommand } from "@/lib/core/run-command";

let folder: string;
let kubectlPath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "examctl-cluster-"));
  kubectlPath = await ensureKubectl();
});
afterAll(async () => {
  await examctl(["down", "--all"]);
  await rm(folder, { recursive: true, force: true });
});

const examctl = (args: string[]) =>
  runCommand([process.execPath, projectPath("bin/examctl.mjs"), "cluster", ...args], {
    env: { ...process.env, EXAMCTL_CLUSTERS_DIR: join(folder, "clusters") },
    allowFailure: true,
    timeoutMs: 120_000,
  });
const file = (name: string) => join(folder, name);
async function kubectl(config: string, ...args: string[]) {
  const env = { ...process.env, KUBECONFIG: file(config), HOME: folder };
  return runCommand([kubectlPath, ...args], { env, allowFailure: true, timeoutMs: 120_000 });
}

describe("examctl cluster", () => {
  test("up --detach gives a cluster whose nodes are ready and whose deployments run; down ends it", async () => {
    const up = await examctl([
      "up",
      "--detach",
      "--nodes",
      "3",
      "--name",
      "one",
      "--kubeconfig",
      file("one"),
    ]);
    expect(up.stderr).toMatch(
      /^Cluster "one" is ready at https:\/\/127\.0\.0\.1:\d+: 3 node\(s\), \d+ ms\.\n/,
    );
    expect((await stat(file("one"))).mode & 0o777).toBe(0o600);

    const nodes = await kubectl("one", "get", "nodes", "--no-headers");
    expect(
      nodes.stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/).slice(0, 2).join(" ")),
    ).toEqual(["controlplane Ready", "node01 Ready", "node02 Ready"]);
    await kubectl("one", "create", "deployment", "web", "--image=no.such/image:9", "--replicas=4");
    const rollout = await kubectl("one", "rollout", "status", "deployment/web", "--timeout=90s");
    expect(rollout.stdout).toContain('deployment "web" successfully rolled out');
    const ips = await kubectl("one", "get", "pods", "-o", "jsonpath={.items[*].status.podIP}");
    expect(new Set(ips.stdout.split(" ")).size).toBe(4);
    for (const ip of ips.stdout.split(" ")) expect(ip).toMatch(/^10\.244\.[12]\.\d+$/);
    const scaled = await kubectl("one", "delete", "deployment", "web", "--cascade=foreground");
    expect(scaled.exitCode).toBe(0);
    expect((await kubectl("one", "get", "pods", "-o", "name")).stdout).toBe("");

    const listed = JSON.parse((await examctl(["list", "--json"])).stdout) as object[];
    expect(listed).toEqual([expect.objectContaining({ name: "one", nodes: 3 })]);
    expect((await examctl(["down", "one"])).stdout).toBe("Ended: one\n");
    expect((await examctl(["list"])).stdout).toBe("No cluster runs.\n");
    expect((await kubectl("one", "get", "nodes", "--request-timeout=5s")).exitCode).not.toBe(0);
  });

  test("what needs a container is refused with the reason", async () => {
    await examctl(["up", "-d", "--name", "two", "--nodes", "1", "--kubeconfig", file("two")]);
    await kubectl("two", "run", "shell", "--image=busybox");
    await kubectl("two", "wait", "--for=condition=Ready", "pod/shell", "--timeout=90s");
    expect((await kubectl("two", "logs", "shell")).stderr).toContain(
      'cannot read the log of pod "shell": its node is simulated and runs no containers',
    );
    expect((await kubectl("two", "exec", "shell", "--", "ls")).stderr).toContain(
      'cannot run a command in pod "shell": its node is simulated',
    );
    await examctl(["down", "two"]);
  });

  test("mistakes are told in plain sentences with their exit code", async () => {
    const none = await examctl(["down", "ghost"]);
    expect(none).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('No cluster "ghost" runs') as string,
    });
    expect(await examctl(["up", "--nodes", "0"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Give a whole number from 1 to 100.") as string,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const taken = await examctl(["up", "-d", "--port", String(port)]);
    server.close();
    expect(taken.stderr).toBe(`examctl: Port ${port} of 127.0.0.1 is taken. Choose another with --port.\n`);

    await writeFile(file("mine"), "current-context: production\n");
    const foreign = await examctl(["up", "--name", "three", "--kubeconfig", file("mine")]);
    expect(foreign.stderr).toContain("exists and belongs to something else");
    expect(await readFile(file("mine"), "utf8")).toBe("current-context: production\n");
    expect((await examctl(["list"])).stdout).toBe("No cluster runs.\n");
  });
});
